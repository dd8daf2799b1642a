import type { Logger } from '@posthouse/core'
import type { Caller } from '../access/caller.ts'

/** What a handler knows of its call besides the input. */
export interface CallContext {
  readonly procedure: string
  readonly caller: Caller
  /** The caller's id of the call: the same where it is sent again. */
  readonly requestId: string
  /** When the time for the call ends, in Unix milliseconds; `Infinity` for never. */
  readonly deadline: number
  /** Aborts when the answer is no longer wanted: cancelled, timed out, or the server closes. Its reason is a `PosthouseError`. */
  readonly signal: AbortSignal
  /** Adds the procedure and the request id to each line. */
  readonly logger: Logger
  /** Reports progress to the caller, as any JSON. A slow reader gets the latest report only. */
  readonly progress: (progress: unknown) => void
}
