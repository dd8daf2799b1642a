import { PosthouseError } from '@posthouse/core'
import { compileNames, parsePattern } from './address-pattern.ts'
import { type Operation, operations, type Permission } from './permission.ts'

/** Permissions in one list. */
const maxPermissions = 256
/** Patterns in all of them, of addresses and of methods, or in a list of client ids. */
const maxPatterns = 1024

/**
 * Reads permissions that come from outside, such as a file or the claims of a token: a list of objects
 * `{operations, addresses, methods?}` and nothing else.
 * @throws PosthouseError `invalid_option`, which says what is wrong
 */
export function readPermissions(value: unknown): Permission[] {
  const permissions = listOf(value, maxPermissions, 'permissions').map((each, index): Permission => {
    const at = `permissions[${index}]`
    if (typeof each !== 'object' || each === null) throw invalid(`${at} must be an object`)
    const { operations: allowed, addresses, methods, ...rest } = each as Record<string, unknown>
    const [unknown] = Object.keys(rest)
    // Whoever wrote it meant something by it: to pass over it could allow what was to be forbidden.
    if (unknown !== undefined) throw invalid(`${at} has an unknown member ${JSON.stringify(unknown.slice(0, 100))}`)
    const permission = {
      operations: readOperations(allowed, `${at}.operations`),
      addresses: readAddresses(addresses, at),
    }
    return methods === undefined ? permission : { ...permission, methods: readMethods(methods, permission, at) }
  })
  const patterns = permissions.reduce((sum, { addresses, methods = [] }) => sum + addresses.length + methods.length, 0)
  if (patterns <= maxPatterns) return permissions
  throw invalid(`permissions have ${patterns} patterns; at most ${maxPatterns} are allowed`)
}

/**
 * Reads patterns of client ids that come from outside.
 * @throws PosthouseError `invalid_option`, which says what is wrong
 */
export function readClientPatterns(value: unknown): string[] {
  const patterns = textsOf(value, maxPatterns, 'clients')
  compileNames(patterns)
  return patterns
}

function readOperations(value: unknown, at: string): Operation[] {
  return listOf(value, operations.length, at).map((word) => {
    const operation = operations.find((known) => known === word)
    if (operation !== undefined) return operation
    throw invalid(`${at}: ${shown(word)} is no operation; there are ${operations.join(', ')}`)
  })
}

function readAddresses(value: unknown, at: string): string[] {
  const patterns = textsOf(value, maxPatterns, `${at}.addresses`)
  for (const pattern of patterns) parsePattern(pattern)
  return patterns
}

function readMethods(value: unknown, { operations: allowed }: Permission, at: string): string[] {
  const patterns = textsOf(value, maxPatterns, `${at}.methods`)
  compileNames(patterns)
  // Whoever wrote it meant something by it, here too.
  if (!allowed.includes('request')) throw invalid(`${at}.methods go with the operation request`)
  return patterns
}

function textsOf(value: unknown, most: number, at: string): string[] {
  return listOf(value, most, at).map((each) => {
    if (typeof each === 'string') return each
    throw invalid(`${at}: ${shown(each)} is no text`)
  })
}

function listOf(value: unknown, most: number, at: string): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value
  throw invalid(`${at} must be a list of at most ${most} entries`)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : `a value of type ${typeof value}`
}

function invalid(message: string): PosthouseError {
  return new PosthouseError('invalid_option', message)
}
