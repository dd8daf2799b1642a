import type { Logger } from '@posthouse/core'
import type { Caller } from '../access/caller.ts'

/** What a handler knows of its call besides the input. */
export interface CallContext {
  readonly procedure: string
  readonly caller: Caller
  /** The caller's id of the call: the same where it is sent again. */
  readonly requestId: string
  /** When nobody waits any more, in Unix milliseconds; may be endless. */
  readonly deadline: number
  /** Aborts when nobody waits any more: cancelled, too late, or the server closes. Its reason is a `PosthouseError`. */
  readonly signal: AbortSignal
  /** Names procedure and request in each line. */
  readonly logger: Logger
  /** Tells the caller how far it is: any JSON. Who is slow gets the latest only. */
  readonly progress: (progress: unknown) => void
}
