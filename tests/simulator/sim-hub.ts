import type { InboxStore, Logger, ManualClock } from '@posthouse/core'
import { jsonHubCodec, type Limits } from '@posthouse/protocol'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { restoreSessions } from '../../packages/hub/src/clients/restore-sessions.ts'
import { Connection } from '../../packages/hub/src/door/connection.ts'
import { Greeter } from '../../packages/hub/src/door/greeter.ts'
import { assembleHub, type HubParts } from '../../packages/hub/src/hub-parts.ts'
import { resolveAllowances } from '../../packages/hub/src/limits/rates.ts'
import type { Peer } from '../../packages/hub/src/peers/peer.ts'
import { Peers } from '../../packages/hub/src/peers/peers.ts'
import { endSession } from '../../packages/hub/src/peers/v1-sessions.ts'
import { HubListeners } from '../../packages/hub/src/routing/hub-listeners.ts'
import type { Timing } from '../../packages/hub/src/timing.ts'
import type { CableSocket } from './cable.ts'
import { leaseMs } from './queue-observer.ts'

/** What a simulated hub is made with. */
export interface SimHubOptions {
  readonly store: InboxStore
  readonly clock: ManualClock
  readonly logger: Logger
  readonly limits: Limits
  /** Bytes that may wait for a slow reader. */
  readonly hardBytes: number
  /** How long a worker keeps what it has while its connection is lost, in milliseconds. Default: as long as is promised. */
  readonly leaseMs?: number
  /** It could not start. */
  readonly onFailure: () => void
}

const timing: Timing = {
  helloMs: 5000,
  heartbeatMs: 25_000,
  v1TimeoutMs: 35_000,
  crossCommTimeoutMs: 60_000,
  sessionMs: 120_000,
  leaseMs,
}

/** The hub's own parts, put together as `Hub` does it, but with cables in the place of sockets. */
export class SimHub {
  readonly clock: ManualClock
  readonly core: HubParts
  readonly #peers = new Peers()
  readonly #hardBytes: number
  /** It has found what an earlier run has left, and takes connections. */
  listening = false

  constructor(options: SimHubOptions) {
    this.clock = options.clock
    this.#hardBytes = options.hardBytes
    this.core = assembleHub({
      ...options,
      node: 'simulated',
      timing: { ...timing, ...(options.leaseMs !== undefined && { leaseMs: options.leaseMs }) },
      allowances: resolveAllowances({ messages: false, bytes: false }, {}, options.limits),
      maxClients: 1000,
      listeners: new HubListeners(options.logger),
      onChange: () => undefined,
    })
    this.#scheduleSweep()
    this.#load().then(
      () => {
        this.listening = true
      },
      () => options.onFailure(),
    )
  }

  /** Takes the hub's end of a new connection. */
  admit(socket: CableSocket, dialect: 'json' | 'msgpack'): void {
    const sendQueue = { softBytes: this.#hardBytes / 4, hardBytes: this.#hardBytes }
    const onClose = (gone: Connection): void => this.#peers.delete(gone)
    const connection = new Connection(socket, { ...this.core, sendQueue, onClose }, 'simulated')
    const codec = dialect === 'json' ? jsonHubCodec : msgpackHubCodec
    const onPeer = (peer: Peer): void => this.#peers.replace(connection, peer)
    const origin = { remoteAddress: '127.0.0.1' }
    const greeter = new Greeter({ parts: this.core, connection, codec, origin, crossComm: true, onPeer })
    this.#peers.add(connection, greeter)
  }

  /** As `Hub` does it before it listens. */
  async #load(): Promise<void> {
    const { groups, queues, registry, delivery, logger } = this.core
    await queues.load()
    for (const client of await groups.load()) registry.known(client)
    await restoreSessions(this.core)
    const report = (error: unknown): void => logger.error('what earlier runs have left was not found', { error })
    delivery.start().catch(report)
  }

  #scheduleSweep(): void {
    this.clock.after(1000, () => {
      const now = this.clock.elapsed()
      this.#peers.check(now)
      for (const record of this.core.registry.all()) {
        if (record.session && record.session.expiresAt <= now) endSession(record, this.core)
      }
      this.#scheduleSweep()
    })
  }
}
