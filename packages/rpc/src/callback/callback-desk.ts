import { type CallStore, type Clock, type KeptCall, type Logger, PosthouseError, reasonOf } from '@posthouse/core'
import { signCallback } from '@posthouse/core/callbacks'
import { type AnyPolicy, bulkhead, stack } from '@posthouse/core/policy'
import type { HttpClient } from '@posthouse/http'
import { answerOfText } from '../call/answer.ts'
import { requestOfText } from '../call/request-text.ts'
import { responseText } from '../call/response.ts'

/** Keys that callbacks are signed with: the newest first, and the old ones as long as receivers may know no other. */
export type SigningKeys = readonly string[] | (() => readonly string[])

/** What a desk works with. */
export interface CallbackDeskOptions {
  readonly store: CallStore
  readonly client: HttpClient
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly logger: Logger
  /** How long a callback is tried, in milliseconds. */
  readonly giveUpMs: number
  /** Waits between attempts, in milliseconds; the last one is used on and on. */
  readonly delaysMs: readonly number[]
}

/** A callback as it is shown to administrators. */
export interface CallbackInfo {
  readonly id: string
  readonly requestId: string
  readonly procedure: string
  readonly url: string
  readonly attempts: number
  /** When the call came in, in Unix milliseconds. */
  readonly at: number
  /** When it is tried next, in Unix milliseconds; nothing once it was given up. */
  readonly nextAt?: number | undefined
  readonly lastError?: string | undefined
}

/** What attempts came to, since the start. */
export interface CallbackStats {
  readonly taken: number
  /** Attempts that failed. */
  readonly failed: number
  /** Callbacks that were given up; the last attempt is among those that failed. */
  readonly givenUp: number
}

/** Attempts under way at the same time: to one receiver, and in all. */
const perReceiver = 8
const inAll = 64
/** A receiver that says so wants no more of it (410, as Standard Webhooks has it). */
const gone = 410

/** POSTs answers to those who asked for that, until they were taken or too much time has passed. */
export class CallbackDesk {
  readonly #options: CallbackDeskOptions
  readonly #places: AnyPolicy = stack(
    bulkhead({ limit: perReceiver, queue: Number.POSITIVE_INFINITY }),
    bulkhead({ limit: inAll, queue: Number.POSITIVE_INFINITY, keyOf: () => '' }),
  )
  /** What is to be tried again, by id of the callback. */
  readonly #timers = new Map<string, Disposable>()
  readonly #abortion = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  readonly #counts = { taken: 0, failed: 0, givenUp: 0 }

  constructor(options: CallbackDeskOptions) {
    this.#options = options
  }

  /** Callbacks that are waited with, or under way. */
  get size(): number {
    return this.#timers.size + this.#underWay.size
  }

  stats(): CallbackStats {
    return { ...this.#counts }
  }

  /** Goes on with what earlier runs owe. */
  async resume(): Promise<void> {
    const owed = await this.#options.store.find({ which: 'owed', limit: Number.POSITIVE_INFINITY })
    for (const call of owed) this.owe(call)
  }

  /** Takes over the callback of a call. */
  owe(call: KeptCall): void {
    const { callback } = call
    if (callback?.nextAt === undefined || this.#abortion.signal.aborted || this.#timers.has(callback.id)) return
    const { clock } = this.#options
    const timer = clock.after(Math.max(0, callback.nextAt - clock.now()), () => {
      this.#timers.delete(callback.id)
      this.#start(call)
    })
    this.#timers.set(callback.id, timer.unref())
  }

  /** Callbacks that are owed, or were given up, the oldest first. */
  async list(which: 'owed' | 'given-up', limit = 100): Promise<CallbackInfo[]> {
    const calls = await this.#options.store.find({ which, limit })
    return calls.flatMap((call) => (call.callback === undefined ? [] : [infoOf(call)]))
  }

  /**
   * Tries a callback that was given up from the beginning.
   * @throws PosthouseError `unknown_call`
   */
  async redrive(id: string): Promise<CallbackInfo> {
    const call = await this.#givenUp(id)
    const callback = { id, url: call.callback?.url ?? '', attempts: 0, nextAt: this.#options.clock.now() }
    const owed = { ...call, callback, at: this.#options.clock.now() }
    await this.#options.store.put(owed)
    this.owe(owed)
    return infoOf(owed)
  }

  /**
   * Forgets a callback that was given up.
   * @throws PosthouseError `unknown_call`
   */
  async remove(id: string): Promise<void> {
    const call = await this.#givenUp(id)
    await this.#options.store.put({ ...call, callback: undefined, request: undefined })
  }

  /** Finishes the attempts that are under way; what is still owed is kept for the next run. */
  async drain(): Promise<void> {
    this.#stopTimers()
    await Promise.all(this.#underWay)
  }

  /** Stops at once. */
  async close(): Promise<void> {
    this.#stopTimers()
    this.#abortion.abort(new PosthouseError('closed', 'the server is shutting down'))
    await Promise.all(this.#underWay)
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    this.#timers.clear()
  }

  #start(call: KeptCall): void {
    const attempt = this.#attempt(call)
    this.#underWay.add(attempt)
    void attempt.finally(() => this.#underWay.delete(attempt))
  }

  async #attempt(call: KeptCall): Promise<void> {
    const { signal } = this.#abortion
    const { logger } = this.#options
    try {
      const key = new URL(call.callback?.url ?? '').origin
      const problem = await this.#places(() => this.#post(call, signal), { signal, attempt: 1, key })
      await this.#note(call, problem)
    } catch (error) {
      if (!signal.aborted) logger.error('a callback could not be noted', { procedure: call.procedure, error })
    }
  }

  /** What went wrong; nothing where it was taken. */
  async #post(call: KeptCall, signal: AbortSignal): Promise<Problem | undefined> {
    const { client, keys, clock } = this.#options
    const { id = '', url = '' } = call.callback ?? {}
    try {
      const body = bodyOf(call)
      const timestamp = Math.floor(clock.now() / 1000)
      const known = typeof keys === 'function' ? keys() : keys
      const signed = await signCallback({ id, timestamp, body, keys: known })
      const headers = { ...signed, 'content-type': 'application/json' }
      const { status } = await client.post(url, { headers, body, signal })
      if (status >= 200 && status < 300) return undefined
      return { reason: `the receiver answered ${status}`, final: status === gone }
    } catch (error) {
      if (signal.aborted) throw error
      return { reason: reasonOf(error), final: false }
    }
  }

  async #note(call: KeptCall, problem: Problem | undefined): Promise<void> {
    const { store, clock, giveUpMs, logger } = this.#options
    const { callback } = call
    if (callback === undefined) return
    if (problem === undefined) this.#counts.taken++
    else this.#counts.failed++
    if (problem === undefined) return store.put({ ...call, callback: undefined, request: undefined })
    const attempts = callback.attempts + 1
    const nextAt = clock.now() + this.#delay(attempts)
    const over = problem.final || nextAt >= call.at + giveUpMs
    const { id, url } = callback
    const later = { ...call, callback: { id, url, attempts, lastError: problem.reason, ...(!over && { nextAt }) } }
    await store.put(later)
    if (over) this.#counts.givenUp++
    const facts = { procedure: call.procedure, callback: id, attempts, reason: problem.reason }
    if (over) logger.error('a callback was given up', facts)
    else logger.warn('a callback will be tried again', { ...facts, inMs: nextAt - clock.now() })
    this.owe(later)
  }

  /** A little more or less each time, so that what failed together does not come again together. */
  #delay(attempts: number): number {
    const { delaysMs } = this.#options
    const delay = delaysMs[Math.min(attempts, delaysMs.length) - 1] ?? 0
    return Math.round(delay * (0.8 + 0.4 * Math.random()))
  }

  async #givenUp(id: string): Promise<KeptCall> {
    const calls = await this.#options.store.find({ which: 'given-up', limit: Number.POSITIVE_INFINITY })
    const call = calls.find(({ callback }) => callback?.id === id)
    if (call === undefined) throw new PosthouseError('unknown_call', `no callback ${JSON.stringify(id)} was given up`)
    return call
  }
}

interface Problem {
  readonly reason: string
  /** True where trying again makes no sense. */
  readonly final: boolean
}

function bodyOf({ request, answer }: KeptCall): string {
  const { call, ours } = requestOfText(request ?? '{}')
  return responseText(call, answerOfText(answer ?? '{}'), ours)
}

function infoOf({ id: requestId, procedure, at, callback }: KeptCall): CallbackInfo {
  const { id = '', url = '', attempts = 0, nextAt, lastError } = callback ?? {}
  return { id, requestId, procedure, url, attempts, at, nextAt, lastError }
}
