/** How long the hub waits for signs of life, all in milliseconds. */
export interface Timing {
  /** For the first usable frame. */
  readonly helloMs: number
  /** Silence after which a v1 client is pinged, and how often at least a cross_comm peer is. */
  readonly heartbeatMs: number
  /** Silence after which a v1 client is cut off. */
  readonly v1TimeoutMs: number
  /** Silence after which a cross_comm peer counts as offline. */
  readonly crossCommTimeoutMs: number
  /** For how long a session without a connection can be resumed. */
  readonly sessionMs: number
  /** For how long a worker whose connection is lost keeps what it was given. */
  readonly leaseMs: number
}
