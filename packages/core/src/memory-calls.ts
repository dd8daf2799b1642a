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
/** So many of the oldest are looked at for one that can go. */
const looked = 64

/** Remembers calls as long as the process lives. */
export class MemoryCallStore implements CallStore {
  readonly id: string = randomHex(16)
  readonly lasting = false
  readonly #bounds: typeof usual
  readonly #clock: Clock
  /** The oldest first. */
  readonly #calls = new Map<string, KeptCall>()
  /** Those that are unfinished, owed or given up. */
  readonly #open = new Map<string, KeptCall>()
  #bytes = 0
  #closed = false

  constructor(options: MemoryCallStoreOptions = {}) {
    const { clock = systemClock, ...bounds } = options
    this.#clock = clock
    const { calls = usual.calls, bytes = usual.bytes, ageMs = usual.ageMs } = bounds
    this.#bounds = { calls, bytes, ageMs }
  }

  get size(): number {
    return this.#calls.size
  }

  get(caller: string, id: string): KeptCall | undefined {
    const call = this.#calls.get(keyOf(caller, id))
    return call !== undefined && !this.#isOld(call) ? call : undefined
  }

  async put(call: KeptCall): Promise<void> {
    if (this.#closed) throw new PosthouseError('closed', 'this store of calls was closed')
    const key = keyOf(call.caller, call.id)
    const known = this.#calls.get(key)
    if (known === undefined) this.#makeRoom()
    // A call keeps its place: it is as old as it was.
    this.#calls.set(key, call)
    this.#bytes += bytesOf(call) - (known === undefined ? 0 : bytesOf(known))
    if (isOpen(call)) this.#open.set(key, call)
    else this.#open.delete(key)
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
    this.#calls.clear()
    this.#open.clear()
  }

  #makeRoom(): void {
    this.#dropOld()
    const full = this.#calls.size >= this.#bounds.calls || this.#bytes >= this.#bounds.bytes
    if (!full || this.#dropOldest()) return
    throw new PosthouseError('store_full', `${this.#calls.size} calls are unfinished, or callbacks are owed for them`)
  }

  #dropOld(): void {
    let seen = 0
    for (const [key, call] of this.#calls) {
      if (++seen > looked || !this.#isOld(call)) return
      if (!isOpen(call)) this.#drop(key)
    }
  }

  /** Drops the oldest that nothing is to be done about, and says whether there was one. */
  #dropOldest(except?: string): boolean {
    let seen = 0
    for (const [key, call] of this.#calls) {
      if (++seen > looked) break
      if (key === except || isOpen(call)) continue
      this.#drop(key)
      return true
    }
    return false
  }

  #drop(key: string): void {
    const call = this.#calls.get(key)
    if (call === undefined) return
    this.#calls.delete(key)
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
