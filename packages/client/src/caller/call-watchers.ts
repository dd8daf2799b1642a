import { type Logger, type PosthouseError, reasonOf } from '@posthouse/core'
import type { CallResponse } from './call-request.ts'

/** How calls travel: `offline` where neither way is open. */
export type CallMode = 'socket' | 'http' | 'offline'

/** Calls travel another way from now on. */
export interface ModeChange {
  readonly mode: CallMode
  /** Why, where something went wrong. */
  readonly error?: PosthouseError
}

/** Something failed that no caller waits for. */
export interface CallTrouble {
  readonly error: PosthouseError
  /** The callback that failed, and what it was given. */
  readonly callback?: string
  readonly response?: CallResponse
}

/** What `watch` tells of, by name. */
export interface CallEvents {
  readonly mode: ModeChange
  /** Without a watcher it goes to the logger. */
  readonly error: CallTrouble
}

type Watcher = (event: never) => unknown

/** Tells watchers what happens. One that throws harms nobody. */
export class CallWatchers {
  readonly #logger: Logger
  readonly #watchers: Readonly<Record<keyof CallEvents, Set<Watcher>>> = { mode: new Set(), error: new Set() }

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add<Name extends keyof CallEvents>(name: Name, watcher: (event: CallEvents[Name]) => unknown): Disposable {
    // A function of its own: the same one may be added twice.
    const own = (event: CallEvents[Name]): unknown => watcher(event)
    this.#watchers[name].add(own)
    return { [Symbol.dispose]: () => void this.#watchers[name].delete(own) }
  }

  tell<Name extends keyof CallEvents>(name: Name, event: CallEvents[Name]): void {
    const watchers = [...this.#watchers[name]]
    if (name === 'error' && watchers.length === 0) this.#logger.error('nobody watches for this', { event })
    // `add` lets in under each name only who takes its events.
    for (const watcher of watchers) void this.#call(watcher as (event: CallEvents[Name]) => unknown, event)
  }

  async #call<Event>(watcher: (event: Event) => unknown, event: Event): Promise<void> {
    try {
      await watcher(event)
    } catch (error) {
      this.#logger.error('a watcher failed', { error: reasonOf(error) })
    }
  }
}
