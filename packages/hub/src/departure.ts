import type { ClientRecord } from './clients/client-record.ts'
import type { HubParts } from './hub-parts.ts'
import type { Peers } from './peers/peers.ts'
import type { HubListeners } from './routing/hub-listeners.ts'

/** How often an ending hub looks whether all is done, and lets some more clients go, in milliseconds. */
const stepMs = 10
/** So many clients are let go at once; more are spread over time. */
const few = 100
/** A hub that is started anew takes so long at least, in milliseconds. */
const restartMs = 250
/** Over how long clients come back: so much for each of them, and so much at most, in milliseconds. */
const spread = { eachMs: 5, mostMs: 5000 }

/** What a departure works with. */
export interface DepartureOptions {
  readonly parts: HubParts
  readonly peers: Peers
  readonly listeners: HubListeners
}

/**
 * How a hub leaves in good order. From its beginning no message that waits for an answer is looked at: its sender
 * gives it to the next hub. What was taken before is confirmed, delivered and acknowledged, and calls are answered,
 * while half of the time lasts; then the clients are told to come back, many of them one after the other. Spec: 5.4.
 */
export class Departure {
  readonly #options: DepartureOptions
  readonly #hurried = Promise.withResolvers<void>()
  #hurry = false

  constructor(options: DepartureOptions) {
    this.#options = options
  }

  /** Takes all time away: who is still there is cut off. */
  hurry(): void {
    this.#hurry = true
    this.#hurried.resolve()
  }

  /** Lets everyone go within `graceMs`, and cuts off who has not gone by then. */
  async leave(graceMs: number): Promise<void> {
    const { parts, peers } = this.#options
    const { clock, batcher, exchange, registry, flusher, store } = parts
    const startedAt = clock.elapsed()
    parts.intake.open = false
    if (store.durability !== 'memory') parts.queues.rest()
    const settled = Promise.all([batcher.settled(), exchange.drain()])
    await this.within(graceMs / 2, Promise.race([settled, this.#hurried.promise]))
    await this.#finish(startedAt + graceMs / 2)
    // What waits for an inbox to drain is stored: its sender is told so before it is sent away. In memory it will be gone
    // in a moment, and the sender had better send it again to the hub that comes after this one.
    if (store.durability !== 'memory') for (const record of registry.all()) record.release()
    flusher.flush()
    await this.#sendAway(startedAt + graceMs)
    await this.within(startedAt + graceMs - clock.elapsed(), Promise.race([peers.gone(), this.#hurried.promise]))
    await peers.terminate()
  }

  /** Waits for `work`, but no longer than so many milliseconds. */
  async within(ms: number, work: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<void>()
    using _timer = this.#options.parts.clock.after(Math.max(0, ms), late.resolve)
    await Promise.race([work, late.promise])
  }

  /** Says what a store in memory takes with it. */
  async tellDiscarded(): Promise<void> {
    const { store, logger, registry, queues } = this.#options.parts
    if (store.durability !== 'memory') return
    let messages = 0
    for (const { id } of registry.all()) messages += (await store.inspect(id)).messages
    for (const { inboxes } of queues.all()) {
      for (const inbox of inboxes) messages += (await store.inspect(inbox)).messages
    }
    if (messages > 0) logger.warn('messages that were kept in memory are lost', { messages })
  }

  /** Waits for those who keep up: connected receivers and the hub's own handlers. */
  async #finish(untilMs: number): Promise<void> {
    const { parts, listeners } = this.#options
    let busy = [...parts.registry.all()].filter(isBusy)
    while ((busy.length > 0 || listeners.busy) && this.#hasTime(untilMs)) {
      await this.#sleep()
      busy = busy.filter(isBusy)
    }
  }

  async #sendAway(untilMs: number): Promise<void> {
    const { parts, peers } = this.#options
    const leaving = peers.all()
    const startedAt = parts.clock.elapsed()
    // A quarter of the time that is left belongs to the last ones, for their good-bye.
    const windowMs = leaving.length > few ? Math.min(leaving.length, (untilMs - startedAt) * 0.75) : 0
    const spreadMs = Math.min(leaving.length * spread.eachMs, spread.mostMs)
    for (let told = 0; told < leaving.length && !this.#hurry; ) {
      const passedMs = parts.clock.elapsed() - startedAt
      const due = windowMs > passedMs ? Math.floor((leaving.length * passedMs) / windowMs) : leaving.length
      // Whoever comes back before all have left is turned away.
      const hintMs = Math.max(0, windowMs - passedMs) + restartMs
      for (const peer of leaving.slice(told, due)) peer.leave(Math.round(hintMs + Math.random() * spreadMs))
      told = due
      if (told < leaving.length) await this.#sleep()
    }
  }

  #hasTime(untilMs: number): boolean {
    return !this.#hurry && this.#options.parts.clock.elapsed() < untilMs
  }

  #sleep(): Promise<void> {
    return this.within(stepMs, this.#hurried.promise)
  }
}

function isBusy({ online, link, feeds }: ClientRecord): boolean {
  return online && link !== undefined && !(link.idle && feeds.done)
}
