import { aboveZero, either, optionsOf, type Rule } from '@posthouse/core/options'
import type { Phase } from './phase.ts'

/** How long a request may wait for what, in milliseconds. `Infinity` switches a limit off. */
export interface TimeoutOptions {
  /** For a free connection. Default 5,000. */
  readonly pool?: number | undefined
  /** For a name to be resolved and a connection to be made, with TLS. Default 5,000. */
  readonly connect?: number | undefined
  /** For the server to take the next piece of the request. Default 30,000. */
  readonly write?: number | undefined
  /** From the end of the request to the head of the answer. Default 30,000. */
  readonly firstByte?: number | undefined
  /** For the next piece of the answer's body. Default 30,000. */
  readonly read?: number | undefined
  /** For one attempt with its redirections and its body; of a streamed answer, to its head. Default `Infinity`. */
  readonly attempt?: number | undefined
  /** For all attempts and the waits between them. A streamed answer is on time once its head is there. Default 60,000. */
  readonly total?: number | undefined
}

/** Every limit, in milliseconds. */
export type Timeouts = Readonly<Record<Phase | 'attempt' | 'total', number>>

export const defaultTimeouts: Timeouts = {
  pool: 5000,
  connect: 5000,
  write: 30_000,
  firstByte: 30_000,
  read: 30_000,
  attempt: Number.POSITIVE_INFINITY,
  total: 60_000,
}

export const timeoutRule: Rule = either(
  { ...aboveZero, words: 'milliseconds above 0' },
  optionsOf<TimeoutOptions>({
    pool: aboveZero,
    connect: aboveZero,
    write: aboveZero,
    firstByte: aboveZero,
    read: aboveZero,
    attempt: aboveZero,
    total: aboveZero,
  }),
)

/** A single number is for `write`, `firstByte` and `read`, as `timeout_seconds` of document 003 is. */
export type TimeoutInput = number | TimeoutOptions

export function namedTimeouts(given: TimeoutInput): TimeoutOptions {
  return typeof given === 'number' ? { write: given, firstByte: given, read: given } : given
}

/** All limits, from what was named and, for the rest, from `base`. */
export function timeoutsOf(given: TimeoutInput | undefined, base: Timeouts = defaultTimeouts): Timeouts {
  if (given === undefined) return base
  const all: Record<Phase | 'attempt' | 'total', number> = { ...base }
  for (const [name, value] of Object.entries(namedTimeouts(given))) {
    if (value !== undefined) all[name as keyof Timeouts] = value
  }
  return all
}
