/** The owner of one connection, in any dialect, as the hub's periodic work sees it. */
export interface Peer {
  /** Bytes that wait to be read by it. */
  readonly queuedBytes: number
  /** Looks after signs of life. `now` is monotonic time in milliseconds. */
  check(now: number): void
  /** Says that the hub is going, where the dialect can, and closes. */
  leave(reconnectAfterMs: number): void
  /** Cuts the connection at once. */
  terminate(): void
}
