import type { Position } from '@posthouse/core'

/** What a client is subscribed to: channels by a pattern, or a queue whose messages it works off. */
export interface Subscription extends AsyncDisposable {
  /** The pattern, or the name of the queue. */
  readonly name: string
  /**
   * Up to where its messages were handled: what `after` goes on from. Absent before the hub has answered, and for queues.
   */
  readonly position: Position | undefined
  /** Ends it: nothing more is handed to its handler. Resolves when the hub knows, at once where there is no connection. */
  close(): Promise<void>
}
