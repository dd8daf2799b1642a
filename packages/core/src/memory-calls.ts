import {
  type CallStore,
  type CallStoreBounds,
  type KeptCall,
  type KeptCallQuery,
  defaultCallStoreBounds as usual,
} from './call-store.ts'
import { type Clock, systemClock } from './clock.ts'
import { PosthouseError } from './errors.ts'
import { randomHex } from './ids.ts'

/** Settings of `MemoryCallStore`. */
export interface MemoryCallStoreOptions extends CallStoreBounds {
  readonly clock?: Clock | undefined
}

/** Names and numbers of a call, about, in bytes. */
const overhead = 200
/** So many are dropped at once: a map is slow in passing by what was taken from its beginning. */
const step = 256
/** What is too old is dropped so often, in milliseconds. */
const sweepMs = 60_000

/** Remembers calls as long as the process lives. */
export class MemoryCallStore implements CallStore {
  readonly id: string = randomHex(16)
  readonly lasting = false
  readonly #bounds: typeof usual
  readonly #clock: Clock
  /** Those that nothing is to be done about, the oldest first. */
  readonly #done = new Map<string, KeptCall>()
  /** Those that are unfinished, owed or given up. */
  readonly #open = new Map<string, KeptCall>()
  #bytes = 0
  #sweptAt: number
  #closed = false

  constructor(options: MemoryCallStoreOptions = {}) {
    const { clock = systemClock, ...bounds } = options
    this.#clock = clock
    this.#sweptAt = clock.now()
    const { calls = usual.calls, bytes = usual.bytes, ageMs = usual.ageMs } = bounds
    this.#bounds = { calls, bytes, ageMs }
  }

  get size(): number {
    return this.#done.size + this.#open.size
  }

  get(caller: string, id: string): KeptCall | undefined {
    const call = this.#find(keyOf(caller, id))
    return call !== undefined && !this.#isOld(call) ? call : undefined
  }

  async put(call: KeptCall): Promise<void> {
    if (this.#closed) throw new PosthouseError('closed', 'this store of calls was closed')
    const key = keyOf(call.caller, call.id)
    const known = this.#find(key)
    if (known === undefined) this.#makeRoom()
    else this.#bytes -= bytesOf(known)
    this.#bytes += bytesOf(call)
    const [to, from] = isOpen(call) ? [this.#open, this.#done] : [this.#done, this.#open]
    to.set(key, call)
    if (known !== undefined) from.delete(key)
    if (this.#bytes > this.#bounds.bytes) this.#dropOldest(key)
  }

  async remove(caller: string, id: string): Promise<void> {
    this.#drop(keyOf(caller, id))
  }

  async find({ which, limit = 1000 }: KeptCallQuery): Promise<readonly KeptCall[]> {
    const found: KeptCall[] = []
    for (const call of this.#open.values()) {
      if (found.length >= limit) break
      if (isWanted(call, which)) found.push(call)
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#done.clear()
    this.#open.clear()
  }

  #find(key: string): KeptCall | undefined {
    return this.#done.get(key) ?? this.#open.get(key)
  }

  /** @throws PosthouseError `store_full` */
  #makeRoom(): void {
    const now = this.#clock.now()
    if (now - this.#sweptAt >= sweepMs) this.#sweep(now)
    const { calls, bytes } = this.#bounds
    if (this.size < calls && this.#bytes < bytes) return
    if (this.#dropOldest()) return
    throw new PosthouseError('store_full', `${this.size} calls are unfinished, or callbacks are owed for them`)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (const [key, call] of this.#done) {
      if (!this.#isOld(call)) return
      this.#drop(key)
    }
  }

  /** Drops some of the oldest that nothing is to be done about, and says whether there were any. */
  #dropOldest(except?: string): boolean {
    const most = Math.min(step, Math.ceil(this.size / 8))
    let dropped = 0
    for (const key of this.#done.keys()) {
      if (key === except || dropped === most) break
      this.#drop(key)
      dropped++
    }
    return dropped > 0
  }

  #drop(key: string): void {
    const call = this.#find(key)
    if (call === undefined) return
    this.#done.delete(key)
    this.#open.delete(key)
    this.#bytes -= bytesOf(call)
  }

  #isOld({ at }: KeptCall): boolean {
    return at + this.#bounds.ageMs <= this.#clock.now()
  }
}

/** True where something is still to be done about a call. */
function isOpen({ state, callback }: KeptCall): boolean {
  return state !== 'done' || callback !== undefined
}

function isWanted({ state, callback }: KeptCall, which: KeptCallQuery['which']): boolean {
  if (which === 'unfinished') return state !== 'done'
  if (callback === undefined || state !== 'done') return false
  return (callback.nextAt !== undefined) === (which === 'owed')
}

function bytesOf({ request = '', answer = '' }: KeptCall): number {
  return overhead + request.length + answer.length
}

function keyOf(caller: string, id: string): string {
  return `${caller}\n${id}`
}
