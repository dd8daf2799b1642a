import type { DraftOptions } from '@posthouse/protocol'

/** How a message is sent. */
export interface SendOptions extends DraftOptions {
  /** Ends the wait; a message that was not written yet is withdrawn. */
  readonly signal?: AbortSignal
}
