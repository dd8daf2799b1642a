import type { Clock, InboxStore, Logger } from '@posthouse/core'
import type { Limits } from '@posthouse/protocol'
import type { PresenceBoard } from './clients/presence-board.ts'
import type { Registry } from './clients/registry.ts'
import type { Flusher } from './door/flusher.ts'
import type { Batcher } from './routing/batcher.ts'
import type { Router } from './routing/router.ts'

/** The parts of one hub that its connections work with. */
export interface HubCore {
  readonly node: string
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  readonly store: InboxStore
  readonly flusher: Flusher
  readonly batcher: Batcher
  readonly registry: Registry
  readonly router: Router
  readonly presence: PresenceBoard
  readonly timing: Timing
}

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
}
