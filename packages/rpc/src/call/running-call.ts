import type { LogFields, Logger, PosthouseError } from '@posthouse/core'
import type { Caller } from '../access/caller.ts'
import type { CallContext } from '../procedure/context.ts'
import type { Entry } from '../procedure/registry.ts'
import type { Answer } from './answer.ts'
import type { IncomingCall } from './incoming-call.ts'
import { ItemLine, type TakeItem } from './item-line.ts'

/** Somebody who waits for a call. */
export interface Watcher {
  /** Told once, unless it is taken away before. */
  ended(answer: Answer): void
  progress?(progress: unknown): void
  /** Takes the items one by one. */
  readonly item?: TakeItem | undefined
}

/** What a call begins with. */
export interface RunningCallFields {
  readonly entry: Entry
  readonly caller: Caller
  readonly call: IncomingCall
  /** Of caller and request, for those who look it up. */
  readonly key: string
  readonly inputHash: string
  readonly at: number
  readonly deadline: number
  readonly logger: Logger
  /** True where it is carried out whatever becomes of its caller. */
  readonly promised: boolean
}

/** A call under way; what its handler sees of it is the context. */
export class RunningCall implements CallContext {
  readonly entry: Entry
  readonly caller: Caller
  readonly call: IncomingCall
  readonly key: string
  readonly inputHash: string
  readonly at: number
  readonly deadline: number
  readonly promised: boolean
  /** Where its items wait; nothing where they are not wanted one by one. */
  readonly line: ItemLine | undefined
  /** Hardly ever more than one. */
  readonly watchers: Watcher[] = []
  /** True where somebody may ask again what it came to. */
  readonly remembered: boolean
  /** True from when its handler may have done something. */
  begun = false
  answer: Answer | undefined
  /** True where an earlier run of it was remembered. */
  recalled = false
  /** True from when it is decided what the answer is. */
  settling = false
  /** The deadline, as `Clock.elapsed()` tells time. */
  endsAt: number = Number.POSITIVE_INFINITY
  /** What is to happen once a promised call is remembered. */
  safe: PromiseWithResolvers<void> | undefined
  /** True where its caller is told codes. */
  ours = false
  /** True where its answer is to be POSTed. */
  owed = false
  /** Since when nobody takes its items, as `Clock.elapsed()` tells time. */
  abandonedAt: number | undefined
  /** What its handler said last about how far it is. */
  lastProgress: unknown
  readonly #logger: Logger
  #abortion: AbortController | undefined
  #reason: PosthouseError | undefined

  constructor(fields: RunningCallFields) {
    this.entry = fields.entry
    this.caller = fields.caller
    this.call = fields.call
    this.key = fields.key
    this.inputHash = fields.inputHash
    this.at = fields.at
    this.deadline = fields.deadline
    this.promised = fields.promised
    this.remembered = fields.promised || fields.caller.fleeting !== true
    this.#logger = fields.logger
    this.line = fields.call.stream === undefined ? undefined : new ItemLine()
  }

  get procedure(): string {
    return this.entry.name
  }

  get requestId(): string {
    return this.call.requestId
  }

  // Most handlers never ask for it.
  get signal(): AbortSignal {
    this.#abortion ??= new AbortController()
    if (this.#reason !== undefined && !this.#abortion.signal.aborted) this.#abortion.abort(this.#reason)
    return this.#abortion.signal
  }

  get logger(): Logger {
    const { procedure, requestId } = this
    const wide = (fields?: LogFields): LogFields => ({ procedure, requestId, ...fields })
    return {
      debug: (message, fields) => this.#logger.debug(message, wide(fields)),
      info: (message, fields) => this.#logger.info(message, wide(fields)),
      warn: (message, fields) => this.#logger.warn(message, wide(fields)),
      error: (message, fields) => this.#logger.error(message, wide(fields)),
    }
  }

  // Handlers take it out of their context.
  get progress(): (progress: unknown) => void {
    return (progress) => {
      if (this.answer !== undefined) return
      this.lastProgress = progress
      for (const watcher of this.watchers) watcher.progress?.(progress)
    }
  }

  /** Nobody waits any more, for this reason. */
  abort(reason: PosthouseError): void {
    this.#reason ??= reason
    this.#abortion?.abort(this.#reason)
  }

  /** The error that ended it before its handler did. */
  get aborted(): PosthouseError | undefined {
    return this.#reason
  }

  /** Tells a watcher nothing any more; items that are left still go to it. */
  dismiss(watcher: Watcher): void {
    const at = this.watchers.indexOf(watcher)
    if (at !== -1) this.watchers.splice(at, 1)
  }

  /** Takes a watcher away. */
  leave(watcher: Watcher): void {
    this.dismiss(watcher)
    if (watcher.item !== undefined) this.line?.detach(watcher.item)
  }
}
