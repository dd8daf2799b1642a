/** What a client was sent of one stream and has not acknowledged. Spec: 4.4. */
export interface StreamWindow {
  /** Messages that are under way. */
  readonly size: number
  /** The newest position that was sent. */
  readonly newest: number
  /** Forgets what was under way; everything after `acknowledged` will be sent again. */
  restart(acknowledged: number): void
  /** A message was sent. */
  push(seq: number, bytes: number): void
  /** Takes an acknowledgement and says whether it told anything new. */
  acknowledge(seq: number): boolean
  /** Takes one message out of turn; false where it is not under way. */
  release(seq: number): boolean
}
