import { type Address, type AddressKind, PosthouseError } from '@posthouse/core'
import { compileDotted, compileGlob, dottedTest, type NameTest, type Part } from './glob.ts'

/** Which addresses are meant. */
export interface AddressPattern {
  /** Of every kind where it is absent. */
  readonly kind?: AddressKind
  /** Which names of that kind; every one where it is absent. */
  readonly fits?: NameTest
  /** Of channels: what `fits` tests, part by part. */
  readonly parts?: readonly Part[]
}

/** Longest pattern, in UTF-16 code units: a name of the greatest length that is all surrogate pairs, and room for `*`. */
const maxPatternLength = 320

const prefixed = /^(client|group|channel|queue):(.*)$/su

/**
 * Reads a pattern of addresses: `*` for every address, `all`, `hub` (`server` is accepted for it), `group:<pattern>`,
 * `channel:<pattern>`, `queue:<pattern>`, and `client:<pattern>`, whose prefix may be left out. `*` never reaches over
 * from one kind of address to another. `{client}` stands for `client`. Spec: 6.6.
 * @throws PosthouseError `invalid_option`
 */
export function parsePattern(text: string, client?: string): AddressPattern {
  assertPattern(text)
  if (text === '*') return {}
  if (text === 'all') return { kind: 'all' }
  if (text === 'hub' || text === 'server') return { kind: 'hub' }
  const [, kind = 'client', name = text] = prefixed.exec(text) ?? []
  if (name === '') throw invalid(text, 'nothing stands behind its colon')
  if (kind === 'channel') {
    const parts = channelParts(text, name, client)
    return { kind, parts, fits: dottedTest(parts) }
  }
  if (name.includes('**')) throw invalid(text, '** is for channels; * stands for any run of characters')
  return { kind: kind as AddressKind, ...(name !== '*' && { fits: compileGlob(name, client) }) }
}

/** True for an address that the pattern means. */
export function covers({ kind, fits }: AddressPattern, address: Address): boolean {
  return kind === undefined || (kind === address.kind && (fits === undefined || fits(address.name)))
}

/**
 * Compiles patterns of client ids, or of methods: `*` stands for any run of characters, and there are no kinds. A name is meant
 * that fits any of them.
 * @throws PosthouseError `invalid_option`
 */
export function compileNames(patterns: readonly string[], client?: string): NameTest {
  const tests = patterns.map((pattern) => {
    assertPattern(pattern)
    if (pattern.includes('**')) throw invalid(pattern, '** is for channels; * stands for any run of characters')
    return compileGlob(pattern, client)
  })
  return (name) => tests.some((fits) => fits(name))
}

function channelParts(text: string, name: string, client: string | undefined): readonly Part[] {
  for (const part of name.split('.')) {
    if (part === '') throw invalid(text, 'a part between its dots is empty')
    if (part !== '**' && part.includes('**')) throw invalid(text, '** must be a whole part between dots')
  }
  return compileDotted(name, client)
}

function assertPattern(text: string): void {
  if (text === '') throw invalid(text, 'it is empty')
  if (text.length > maxPatternLength) throw invalid(text, `it is longer than ${maxPatternLength} characters`)
  if (/\p{Cc}/u.test(text) || !text.isWellFormed()) throw invalid(text, 'it has characters that no name has')
}

function invalid(text: string, reason: string): PosthouseError {
  return new PosthouseError('invalid_option', `${JSON.stringify(text.slice(0, 100))} is no pattern: ${reason}`)
}
