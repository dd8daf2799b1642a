import type { PosthouseError } from '@posthouse/core'
import type { Dialect, HubFrame } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { CallPort } from '../calls/call-port.ts'
import type { Outgoing } from '../routing/outgoing.ts'

/** One client's way out, over the connection that it has now. */
export interface Link {
  readonly dialect: Dialect
  /** What the client may do. Another one holds from the next frame on. */
  access: Access
  /** False while the client's window is closed to stored messages. */
  readonly ready: boolean
  /** When the client was last heard of, in Unix milliseconds, where the link keeps that itself. */
  readonly lastSeen?: number
  /** Stored messages that the client was sent and has not acknowledged. */
  readonly unacknowledged: number
  /** Bytes that wait for the client to read them. */
  readonly queuedBytes: number
  /** True while the client has nothing unacknowledged. */
  readonly idle: boolean
  /** Its end of calls; absent where the dialect has no calls. */
  readonly calls?: CallPort
  /**
   * Hands over a live message, of a stream where one is named; drops it where the client reads too slowly.
   * @throws PosthouseError where the dialect cannot say it
   */
  live(outgoing: Outgoing, stream?: string): void
  /**
   * Hands over a stored message, of the inbox where no stream is named. Only while `ready`, in the order of `seq`.
   * @throws PosthouseError where the dialect cannot say it
   */
  stored(seq: number, outgoing: Outgoing, stream?: string): void
  /** The client is fed with one more stream from now on. Absent where the dialect has none but the inbox. */
  follow?(stream: string, seq: number): void
  /** The client is not fed with this stream any more. */
  unfollow?(stream: string): void
  /** Writes what may be more than the client can be sent at once, as fast as it reads. Absent where the dialect has no use for it. */
  stream?(frames: Iterable<HubFrame>): void
  /** Ends the connection, or this client's share of it. */
  fail(error: PosthouseError): void
}
