import type { PosthouseError, Timer } from '@posthouse/core'
import type { Dialog, Welcome } from '../dialog/dialog.ts'
import type { Later } from '../later.ts'
import type { ClientState, StateChange, Watchers } from '../listening/watchers.ts'
import type { Settings } from '../settings.ts'
import { createWaiter, type Waiter } from '../waiter.ts'
import { Connection, type ConnectionEvents, type Ending } from './connection.ts'

/** How to connect. */
export interface ConnectOptions {
  readonly signal?: AbortSignal
  /** Keep trying although the first attempt fails. Default false. */
  readonly retry?: boolean
}

/** What a supervisor tells its owner. */
export interface SupervisorEvents {
  /** Told of states, and of the error when a connection is lost that nobody waits for and will not be sought again. */
  readonly watchers: Watchers
  /** The hub wants no more of this client: it is closed. */
  halted(error: PosthouseError): void
}

/** A connection that lived so long does not count as another failure in a row, in milliseconds. */
const stableMs = 5000
/** Spreads clients that were sent away at the same moment, in milliseconds. */
const jitterMs = 250

/** The part of the global object of browsers that tells of the network; elsewhere it is missing. */
const network: {
  readonly addEventListener?: (name: 'online', listener: () => void) => void
  readonly removeEventListener?: (name: 'online', listener: () => void) => void
  readonly performance?: unknown
} = globalThis

/** Keeps a client connected: one connection at a time, waits between attempts, an end when the hub says so. */
export class Supervisor implements ConnectionEvents {
  readonly #settings: Settings
  readonly #dialog: Later<Dialog>
  readonly #events: SupervisorEvents
  readonly #waiters = new Set<Waiter<void>>()
  readonly #onNetwork = (): void => this.reconnect()
  #state: ClientState = 'idle'
  #welcome: Welcome | undefined
  #connection: Connection | undefined
  #timer: Timer | undefined
  /** Somebody asked to go on after failures. */
  #retry = false
  /** The hub has welcomed this client since it was idle. */
  #established = false
  #failures = 0
  #refusals = 0

  constructor(settings: Settings, dialog: Later<Dialog>, events: SupervisorEvents) {
    this.#settings = settings
    this.#dialog = dialog
    this.#events = events
  }

  get state(): ClientState {
    return this.#state
  }

  /** What the hub said when it welcomed the client last, where the dialect has words for it. */
  get welcome(): Welcome | undefined {
    return this.#welcome
  }

  /** @throws PosthouseError `aborted` */
  connect({ signal, retry = false }: ConnectOptions): Promise<void> {
    if (this.#state === 'online') return Promise.resolve()
    const waiter: Waiter<void> = createWaiter<void>(signal, () => this.#givenUp(waiter))
    this.#waiters.add(waiter)
    if (retry) this.#retry = true
    if (this.#state === 'idle') {
      network.addEventListener?.('online', this.#onNetwork)
      this.#attempt()
    } else this.reconnect()
    return waiter.promise
  }

  /** Ends the wait between two attempts. */
  reconnect(): void {
    if (this.#state !== 'waiting') return
    this.#timer?.[Symbol.dispose]()
    this.#attempt()
  }

  /** Closes for good. */
  async close(error: PosthouseError): Promise<void> {
    const connection = this.#connection
    const closed = connection?.close()
    this.#leave('closed')
    for (const waiter of this.#takeWaiters()) waiter.reject(error)
    await closed
  }

  #attempt(): void {
    const connection = new Connection(this.#settings, this.#dialog, this)
    this.#connection = connection
    this.#enter({ state: 'connecting' })
    // Whoever was told may have closed the client.
    if (this.#connection === connection) connection.start()
  }

  welcomed(welcome: Welcome | undefined): void {
    this.#established = true
    this.#refusals = 0
    this.#welcome = welcome
    for (const waiter of this.#takeWaiters()) waiter.resolve()
    this.#enter({ state: 'online' })
  }

  ended(ending: Ending): void {
    const { error, action, onlineMs } = ending
    this.#connection = undefined
    this.#failures = onlineMs >= stableMs ? 1 : this.#failures + 1
    this.#refusals = action === 'credentials' ? this.#refusals + 1 : 0
    this.#settings.logger?.info('connection ended', { error, action })
    if (action === 'stop' || this.#refusals > 1) {
      this.#events.halted(error)
      this.#giveUp('closed', error)
    } else if (action === 'credentials' || this.#mayRetry()) this.#wait(ending)
    else this.#giveUp('idle', error)
  }

  #mayRetry(): boolean {
    const { attempts } = this.#settings
    if (this.#established) return this.#failures <= attempts
    return this.#retry && this.#failures <= (attempts || Number.POSITIVE_INFINITY)
  }

  #wait({ error, action, afterMs }: Ending): void {
    const { backoff, clock, random } = this.#settings
    if (action === 'anew') this.#dialog.loaded?.forget()
    const prompt = action !== 'backoff' && this.#failures === 1
    const waitMs = prompt ? afterMs + random() * jitterMs : Math.max(afterMs, backoff(this.#failures))
    this.#timer = clock.after(waitMs, () => this.#attempt())
    this.#enter({ state: 'waiting', error, waitMs })
  }

  /** Tells those who wait for the connection, or the watchers where nobody does. Where it is `idle`, `connect` begins anew. */
  #giveUp(state: 'idle' | 'closed', error: PosthouseError): void {
    this.#leave(state, error)
    const waiters = this.#takeWaiters()
    for (const waiter of waiters) waiter.reject(error)
    if (waiters.length === 0) this.#events.watchers.fail(error)
  }

  #givenUp(waiter: Waiter<void>): void {
    this.#waiters.delete(waiter)
    if (this.#waiters.size > 0 || this.#established || this.#state === 'idle') return
    this.#connection?.abort()
    this.#leave('idle')
  }

  #leave(state: 'idle' | 'closed', error?: PosthouseError): void {
    network.removeEventListener?.('online', this.#onNetwork)
    this.#timer?.[Symbol.dispose]()
    this.#connection = undefined
    this.#retry = false
    this.#established = false
    this.#failures = 0
    this.#refusals = 0
    this.#enter({ state, ...(error && { error }) })
  }

  #enter(change: StateChange): void {
    if (this.#state === 'closed') return
    this.#state = change.state
    this.#events.watchers.tell('state', change)
  }

  #takeWaiters(): readonly Waiter<void>[] {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    return waiters
  }
}
