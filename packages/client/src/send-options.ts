import type { DraftOptions, WhenOffline } from '@posthouse/protocol'

/** How a message is sent. The hub refuses with `invalid_field` what does not go together, or not with the address. */
export interface SendOptions extends DraftOptions {
  /** Whether `receipt` watchers are to hear what becomes of it. With qos 1, to clients and groups. Default false. Spec: 4.6 */
  readonly receipts?: boolean
  /**
   * What becomes of a message to a client that is away: `store` keeps it, `error` refuses it with `offline`, `drop` forgets
   * it. Default `store`, with qos 0 `error`. Spec: 4.1.8
   */
  readonly whenOffline?: WhenOffline
  /**
   * When it is delivered at the earliest, by the hub's clock: a date, or Unix milliseconds; at most a year ahead. With
   * qos 1. Default: at once. Spec: 4.1.10
   */
  readonly deliverAt?: Date | number
  /** 0 to 9, the highest first; to queues. Default 4. */
  readonly priority?: number
  /** Whether a channel keeps it, as its only value, for those who subscribe later; to channels. Default false. */
  readonly retain?: boolean
  /** Ends the wait; a message that was not written yet is withdrawn. */
  readonly signal?: AbortSignal
}
