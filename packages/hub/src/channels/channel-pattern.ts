import { maxNameLength, PosthouseError } from '@posthouse/core'
import { compileDotted, dottedTest, type NameTest } from '../access/glob.ts'

/** The part that stands for any one part. */
export const onePart = '*'
/** The part that stands for any number of parts, none included. */
export const anyParts = '**'

/** Longest pattern, in UTF-16 code units. Spec: 4.7.5. */
const maxPatternLength = 320
/** A name has no more parts than this, so nothing with more of them could fit it. */
const maxParts = maxNameLength / 2
/** Most `**` in a pattern: each multiplies the ways in which a name can fit. */
const maxAnyParts = 4

const prefix = 'channel:'

/** Which channels a subscription is about. */
export interface ChannelPattern {
  /** As subscribed, with its prefix: the name of its stream. */
  readonly address: string
  /** Literal parts, `onePart` and `anyParts`. */
  readonly parts: readonly string[]
  /** Tells whether a channel is meant, by its name. */
  readonly fits: NameTest
}

/**
 * Reads `channel:<pattern>`: `*` stands for one part of a name, `**` for any number of parts.
 * @throws PosthouseError `invalid_address`
 */
export function readChannelPattern(address: string): ChannelPattern {
  const parts = nameOf(address).split('.')
  const problem = address.startsWith(prefix) ? problemOf(address, parts) : 'it must begin with channel:'
  if (problem === undefined) return { address, parts, fits: dottedTest(compileDotted(nameOf(address))) }
  throw new PosthouseError('invalid_address', `${JSON.stringify(address.slice(0, 100))} is no pattern: ${problem}`)
}

/**
 * The parts of a channel's name, which has no wildcards.
 * @throws PosthouseError `invalid_address`
 */
export function partsOfName(name: string): readonly string[] {
  if (!name.includes('*')) return name.split('.')
  const message = `${JSON.stringify(`${prefix}${name}`)}: * is for subscriptions; a channel's name has none`
  throw new PosthouseError('invalid_address', message)
}

/** The name in the address of a channel. */
export function nameOf(address: string): string {
  return address.slice(prefix.length)
}

function problemOf(address: string, parts: readonly string[]): string | undefined {
  if (address.length - prefix.length > maxPatternLength) return `it is longer than ${maxPatternLength} characters`
  if (parts.includes('')) return 'a part between its dots is empty'
  if (/\p{Cc}/u.test(address) || !address.isWellFormed()) return 'it has characters that no name has'
  if (parts.some((part) => part.includes('*') && part !== onePart && part !== anyParts)) {
    return '* and ** are whole parts between dots'
  }
  const any = parts.filter((part) => part === anyParts).length
  if (any > maxAnyParts) return `it has more than ${maxAnyParts} times **`
  return parts.length - any > maxParts ? `it has more than ${maxParts} parts, and no name has so many` : undefined
}
