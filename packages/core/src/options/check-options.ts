import { PosthouseError } from '../errors.ts'
import { anObject, type Rule, type Rules } from './rules.ts'

/**
 * Refuses options that do not exist or have a value that they cannot have, those within options too.
 * @throws PosthouseError `invalid_option`, which names the option, what it must be, and what it was
 */
export function checkOptions<Options extends object>(
  owner: string,
  options: Options,
  rules: Rules<Options>,
  required: readonly (keyof Options & string)[] = [],
): void {
  // A record of all names of the options, each with its rule.
  check(owner, options, { rules: rules as NonNullable<Rule['within']>['rules'], required })
}

function check(owner: string, options: object, { rules, required }: NonNullable<Rule['within']>): void {
  if (typeof options !== 'object' || options === null) refuse(`${owner} needs an object with options`)
  for (const name of required) {
    if (Reflect.get(options, name) === undefined) refuse(`${owner} needs the option ${name}`)
  }
  // Without a list of the entries: some are checked for each request.
  for (const name in options) {
    if (!Object.hasOwn(options, name)) continue
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) refuse(`${owner} has no option ${name}, only ${Object.keys(rules).join(', ')}`)
    const value: unknown = Reflect.get(options, name)
    if (value !== undefined) checkValue(`${owner}: ${name}`, value, rule)
  }
}

function checkValue(name: string, value: unknown, rule: Rule): void {
  // An alternative of `either` may be an object that is more than its options.
  if (!rule.holds(value)) refuse(`${name} must be ${rule.words}, not ${rule.isSecret ? kindOf(value) : shown(value)}`)
  if (rule.within !== undefined && anObject.holds(value)) check(name, value as object, rule.within)
}

/** The error for an option that cannot be: which one, what it must be, and what it was. */
export function refusal(name: string, rule: string, value: unknown): PosthouseError {
  return new PosthouseError('invalid_option', `${name} must be ${rule}, not ${shown(value)}`)
}

/**
 * What a function of the caller gave, which no rule could see before.
 * @throws PosthouseError `invalid_option` where it is not a number
 */
export function numberOf(name: string, value: number): number {
  return typeof value !== 'number' || Number.isNaN(value)
    ? refuse(`${name} must give a number, not ${shown(value)}`)
    : value
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

const mostShown = 100

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, mostShown))
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  // What is in it may be a secret, and need not have a text of its own.
  if (!Array.isArray(value)) return withNames(value)
  return value.every((one) => typeof one !== 'object') ? listed(value) : kindOf(value)
}

/** Values may be secrets, names are what somebody has confused. */
function withNames(value: object): string {
  const names = Object.keys(value).join(', ').slice(0, mostShown)
  return names === '' ? 'an object' : `an object with ${names}`
}

function listed(values: readonly unknown[]): string {
  return `[${values.map(shown).join(', ')}]`.slice(0, mostShown)
}

function refuse(message: string): never {
  throw new PosthouseError('invalid_option', message)
}
