import type { Server } from 'node:http'
import { PosthouseError } from '@posthouse/core'
import { Remembrance } from './clients/remembrance.ts'
import { restoreSessions } from './clients/restore-sessions.ts'
import { Departure } from './departure.ts'
import { type Listening, type ListenOptions, openServer, type UpgradeHandler } from './door/listen.ts'
import type { Reception } from './door/reception.ts'
import type { ResolvedOptions } from './hub-options.ts'
import type { HubParts } from './hub-parts.ts'
import type { HubListeners } from './routing/hub-listeners.ts'
import { Sweep } from './sweep.ts'

/** How long an ending hub waits for its store, in milliseconds. */
const settleMs = 3000

/** What a hub's life works with. */
export interface HubLifeOptions {
  readonly options: ResolvedOptions
  readonly parts: HubParts
  readonly reception: Reception
  readonly listeners: HubListeners
}

/** How a hub begins, stays in order, and ends. */
export class HubLife {
  readonly #hub: HubLifeOptions
  readonly #remembrance: Remembrance
  readonly #departure: Departure
  readonly #sweep: Sweep
  readonly #servers = new Set<Server>()
  #started: Promise<void> | undefined
  #known = false
  #ended: Promise<void> | undefined

  constructor(hub: HubLifeOptions) {
    this.#hub = hub
    const { options, parts, reception, listeners } = hub
    this.#remembrance = new Remembrance(parts, options.statusFile)
    this.#departure = new Departure({ parts, peers: reception.peers, listeners })
    this.#sweep = new Sweep({ parts, peers: reception.peers, logger: options.logger })
  }

  /** Something about a client has changed. */
  touch(): void {
    this.#remembrance.touch()
  }

  /** True once it is known what earlier runs have left. */
  get started(): boolean {
    return this.#known
  }

  /** @throws PosthouseError `closed` where the hub ends or has ended */
  assertGoingOn(): void {
    if (this.#ended !== undefined) throw new PosthouseError('closed', 'this hub was closed')
  }

  /** @throws PosthouseError `status_file` */
  start(): Promise<void> {
    this.#started ??= this.#load().catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    return this.#started
  }

  /** Opens a server that lasts as long as the hub. */
  async listen(options: ListenOptions, onUpgrade: UpgradeHandler): Promise<Listening> {
    this.assertGoingOn()
    await this.start()
    const { gate, clock, logger } = this.#hub.parts
    const {
      server,
      renew: _,
      ...where
    } = await openServer(options, { guarded: gate.guarded, clock, logger, onUpgrade })
    if (this.#ended !== undefined) server.close()
    this.assertGoingOn()
    this.#servers.add(server)
    return where
  }

  /** Ends the hub in good order. */
  drain(graceMs: number): Promise<void> {
    this.#ended ??= this.#end(graceMs)
    return this.#ended
  }

  /** Ends the hub now, also where a drain is under way. */
  close(): Promise<void> {
    if (this.#ended === undefined) this.#ended = this.#end(0)
    else {
      this.#departure.hurry()
      void this.#hub.reception.peers.terminate()
    }
    return this.#ended
  }

  async #load(): Promise<void> {
    const { groups, queues, registry, files } = this.#hub.parts
    await this.#remembrance.load()
    await files?.grants.load()
    await queues.load()
    for (const client of await groups.load()) registry.known(client)
    await restoreSessions(this.#hub.parts)
    this.#known = true
    await this.#hub.parts.statistics.start()
    // What is due waits no longer than for the clients to be known, and nobody waits for that.
    const { delivery, logger } = this.#hub.parts
    delivery.start().catch((error: unknown) => logger.error('what earlier runs have left was not found', { error }))
  }

  async #end(graceMs: number): Promise<void> {
    const { parts, reception } = this.#hub
    reception.close()
    parts.keeper.close()
    const { presence, gate, everyone, queues, delivery, statistics } = parts
    for (const ending of [this.#sweep, presence, gate, everyone, queues, delivery, statistics]) ending[Symbol.dispose]()
    const closed = [...this.#servers].map((server) => new Promise((resolve) => server.close(resolve)))
    if (graceMs > 0) await this.#departure.leave(graceMs)
    parts.desk.close()
    await reception.peers.terminate()
    parts.exchange.clear()
    for (const server of this.#servers) server.closeAllConnections()
    await Promise.all(closed)
    await this.#departure.within(settleMs, parts.delivery.shelf.settled())
    await this.#departure.within(settleMs, this.#settle())
    for (const record of parts.registry.all()) record.release()
    await this.#putAway()
  }

  async #settle(): Promise<void> {
    const { statistics, batcher, logger } = this.#hub.parts
    await statistics.end().catch((error: unknown) => logger.warn('statistics could not be written', { error }))
    // What the store has failed to keep has its last chance.
    await batcher.committed()
    await batcher.settled()
  }

  /** Leaves what is kept in good order. */
  async #putAway(): Promise<void> {
    const { ownsStore, store } = this.#hub.options
    if (ownsStore) await this.#departure.within(settleMs, this.#departure.tellDiscarded())
    try {
      await this.#remembrance.save()
    } finally {
      if (ownsStore) await store[Symbol.asyncDispose]()
    }
  }
}
