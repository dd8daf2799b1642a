import type { Timer } from '@posthouse/core'
import type { HubParts } from './hub-parts.ts'
import type { ThrottledLog } from './limits/throttled-log.ts'
import type { Peers } from './peers/peers.ts'
import { endSession } from './peers/v1-sessions.ts'

/** What a sweep works with. */
export interface SweepOptions {
  readonly parts: HubParts
  readonly peers: Peers
  readonly logger: ThrottledLog
}

/** Goes round from time to time, and ends what has been silent, valid or kept for too long. */
export class Sweep implements Disposable {
  readonly #options: SweepOptions
  readonly #everyMs: number
  #timer: Timer

  constructor(options: SweepOptions) {
    this.#options = options
    const { heartbeatMs, v1TimeoutMs, crossCommTimeoutMs } = options.parts.timing
    this.#everyMs = Math.min(1000, heartbeatMs / 4, v1TimeoutMs / 4, crossCommTimeoutMs / 4)
    this.#timer = this.#schedule()
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
  }

  #schedule(): Timer {
    const { parts, peers, logger } = this.#options
    return parts.clock
      .after(this.#everyMs, () => {
        const now = parts.clock.elapsed()
        peers.check(now)
        logger.check(now)
        parts.gate.check()
        expireSessions(parts, now)
        parts.keeper.flush()
        this.#timer = this.#schedule()
      })
      .unref()
  }
}

function expireSessions(parts: HubParts, now: number): void {
  const { registry, tally } = parts
  for (const record of registry.all()) {
    const { session } = record
    if (session === undefined || session.expiresAt > now) continue
    endSession(record, parts)
    tally.sessionsExpired++
    if (session.transient) registry.forget(record)
  }
}
