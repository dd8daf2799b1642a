import { type Logger, type Message, type PosthouseError, toPosthouseError } from '@posthouse/core'
import type { ClientInfo, Gap, ReceiptFrame } from '@posthouse/protocol'

/** Where a client stands. `waiting`: between two attempts to connect. */
export type ClientState = 'idle' | 'connecting' | 'online' | 'waiting' | 'closed'

/** A client has changed its state. */
export interface StateChange {
  readonly state: ClientState
  /** Why, where something went wrong. */
  readonly error?: PosthouseError
  /** With `waiting`: until the next attempt, in milliseconds. */
  readonly waitMs?: number
}

/** Who is there: everyone (`full`), or what has changed. */
export interface PresenceChange {
  readonly full: boolean
  readonly clients: readonly ClientInfo[]
}

/** A live message was dropped, because a listener is slower than its messages come. */
export interface Overflow {
  readonly message: Message
  /** Live messages that wait for the listener. */
  readonly pending: number
}

/** The hub will close the connection. */
export interface Goaway {
  readonly reason: string
  /** When to come back, in milliseconds; the client does so by itself. */
  readonly reconnectAfterMs: number
}

/**
 * What became of a message that was sent with `receipts`, at one of its recipients: `id` names the message, `by` the
 * recipient's address, `at` the time in Unix milliseconds. `code` says why a message has `failed`.
 */
export type Receipt = Pick<ReceiptFrame, 'id' | 'state' | 'by' | 'at' | 'code'>

/** What `watch` tells of, by name. */
export interface WatchEvents {
  /** The client has changed its state. */
  readonly state: StateChange
  readonly presence: PresenceChange
  /** Something failed that no caller waits for. Without a watcher it goes to the logger. */
  readonly error: PosthouseError
  /** Messages that cannot be delivered any more. */
  readonly gap: Gap
  readonly overflow: Overflow
  /** Told at least once of each. Spec: 4.6 */
  readonly receipt: Receipt
  readonly goaway: Goaway
}

type Watcher = (event: never) => unknown

/** Tells watchers what happens. One that throws harms nobody. */
export class Watchers {
  readonly #logger: Logger | undefined
  readonly #byName = new Map<keyof WatchEvents, Set<Watcher>>()

  constructor(logger: Logger | undefined) {
    this.#logger = logger
  }

  /** Tells of a failure that no caller waits for. */
  readonly fail = (error: PosthouseError): void => this.tell('error', error)

  /** How many watch `name`. */
  count(name: keyof WatchEvents): number {
    return this.#byName.get(name)?.size ?? 0
  }

  add<Name extends keyof WatchEvents>(name: Name, handler: (event: WatchEvents[Name]) => unknown): Disposable {
    // A function of its own: the same handler may be added twice.
    const watcher = (event: WatchEvents[Name]): unknown => handler(event)
    const watchers = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, watchers.add(watcher))
    return { [Symbol.dispose]: () => void watchers.delete(watcher) }
  }

  tell<Name extends keyof WatchEvents>(name: Name, event: WatchEvents[Name]): void {
    const watchers = this.#byName.get(name) ?? []
    if (name === 'error' && this.count(name) === 0) this.#logger?.error('the client met this', { error: event })
    for (const watcher of [...watchers]) void this.#call(watcher as (event: WatchEvents[Name]) => unknown, event)
  }

  async #call<Event>(watcher: (event: Event) => unknown, event: Event): Promise<void> {
    try {
      await watcher(event)
    } catch (error) {
      this.#logger?.error('a watcher failed', { error: toPosthouseError(error, 'handler_failed') })
    }
  }
}
