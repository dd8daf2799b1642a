import type { CallStore, Clock, KeptCall, Logger } from '@posthouse/core'
import { createGuard, type Guard, type HttpClient } from '@posthouse/http'
import { CallbackDesk, type CallbackInfo, type CallbackStats } from './callback-desk.ts'
import {
  assertCallbackUrl,
  type CallbackOptions,
  callbackClient,
  checkCallbackOptions,
  usualDelaysMs,
  usualGiveUpMs,
} from './callback-options.ts'

/** What callbacks need of their owner. */
export interface CallbackParts {
  readonly store: CallStore
  readonly clock: Clock
  readonly logger: Logger
}

/** Callbacks, with the client that they go out by. */
export class Callbacks {
  readonly #guard: Guard
  readonly #client: HttpClient
  readonly #desk: CallbackDesk

  /** @throws PosthouseError `invalid_option` */
  constructor(options: CallbackOptions, parts: CallbackParts) {
    checkCallbackOptions(options)
    const { keys, guard = {}, giveUpMs = usualGiveUpMs, delaysMs = usualDelaysMs } = options
    this.#guard = createGuard(guard)
    this.#client = callbackClient(options, parts)
    this.#desk = new CallbackDesk({ ...parts, client: this.#client, keys, giveUpMs, delaysMs })
  }

  get size(): number {
    return this.#desk.size
  }

  stats(): CallbackStats {
    return this.#desk.stats()
  }

  /** @throws PosthouseError `invalid_field`, `address_blocked` */
  assertUrl(url: string): void {
    assertCallbackUrl(url, this.#guard)
  }

  owe(call: KeptCall): void {
    this.#desk.owe(call)
  }

  resume(): Promise<void> {
    return this.#desk.resume()
  }

  list(which: 'owed' | 'given-up', limit?: number): Promise<CallbackInfo[]> {
    return this.#desk.list(which, limit)
  }

  redrive(id: string): Promise<CallbackInfo> {
    return this.#desk.redrive(id)
  }

  remove(id: string): Promise<void> {
    return this.#desk.remove(id)
  }

  drain(): Promise<void> {
    return this.#desk.drain()
  }

  async close(): Promise<void> {
    await this.#desk.close()
    await this.#client.close()
  }
}
