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
/** How much of it promises may take: callbacks that are owed for a day leave room for calls that are waited for. */
const promisedShare = 0.75
/** So many are dropped at once. */
const step = 256
/** What is too old is dropped so often, in milliseconds. */
const sweepMs = 60_000

/** Remembers calls as long as the process lives. */
export class MemoryCallStore implements CallStore {
  readonly id: string = randomHex(16)
  readonly lasting = false
  readonly #bounds: typeof usual
  readonly #clock: Clock
  // By caller, then by id: both are texts that are there anyway, and a key of both would be made for each question.
  readonly #calls = new Map<string, Map<string, KeptCall>>()
  /** Those that are unfinished, owed or given up. */
  readonly #open = new Set<KeptCall>()
  /** Those that nothing is to be done about, the oldest first, and some that are not there any more. */
  #done: KeptCall[] = []
  /** Where those begin in `#done` that were not dropped. */
  #first = 0
  #size = 0
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
    return this.#size
  }

  get(caller: string, id: string): KeptCall | undefined {
    const call = this.#calls.get(caller)?.get(id)
    return call !== undefined && !this.#isOld(call) ? call : undefined
  }

  async put(call: KeptCall): Promise<void> {
    if (this.#closed) throw new PosthouseError('closed', 'this store of calls was closed')
    const { caller, id } = call
    const known = this.#calls.get(caller)?.get(id)
    if (known === undefined) this.#makeRoom(call)
    else this.#forget(known)
    const own = this.#calls.get(caller)
    if (own === undefined) this.#calls.set(caller, new Map([[id, call]]))
    else own.set(id, call)
    this.#size++
    this.#bytes += bytesOf(call)
    if (isOpen(call)) this.#open.add(call)
    else this.#done.push(call)
    if (this.#bytes > this.#bounds.bytes) this.#dropOldest(call)
  }

  async remove(caller: string, id: string): Promise<void> {
    const call = this.#calls.get(caller)?.get(id)
    if (call !== undefined) this.#drop(call)
  }

  async find({ which, limit = 1000 }: KeptCallQuery): Promise<readonly KeptCall[]> {
    const found: KeptCall[] = []
    for (const call of this.#open) {
      if (found.length >= limit) break
      if (isWanted(call, which)) found.push(call)
    }
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#calls.clear()
    this.#open.clear()
    this.#done = []
  }

  /** @throws PosthouseError `store_full` */
  #makeRoom({ state }: KeptCall): void {
    const now = this.#clock.now()
    if (now - this.#sweptAt >= sweepMs) this.#sweep(now)
    const { calls, bytes } = this.#bounds
    const share = state === 'taken' ? promisedShare : 1
    if (this.#size < calls * share && this.#bytes < bytes * share) return
    if (this.#dropOldest()) return
    throw new PosthouseError('store_full', `${this.#size} calls are unfinished, or callbacks are owed for them`)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (let call = this.#done[this.#first]; call !== undefined && this.#isOld(call); call = this.#done[this.#first]) {
      this.#dropFirst(call)
    }
    this.#compact()
  }

  /** Drops some of the oldest that nothing is to be done about, and says whether there were any. */
  #dropOldest(except?: KeptCall): boolean {
    const before = this.#size
    const most = Math.min(step, Math.ceil(before / 8))
    while (before - this.#size < most) {
      const call = this.#done[this.#first]
      if (call === undefined || call === except) break
      this.#dropFirst(call)
    }
    this.#compact()
    return this.#size < before
  }

  #dropFirst(call: KeptCall): void {
    this.#first++
    if (this.#isThere(call)) this.#drop(call)
  }

  /** The list is as long as what is there, about. */
  #compact(): void {
    if (this.#first < this.#done.length / 2) return
    this.#done = this.#done.slice(this.#first)
    this.#first = 0
  }

  #isThere(call: KeptCall): boolean {
    return this.#calls.get(call.caller)?.get(call.id) === call
  }

  #drop(call: KeptCall): void {
    const { caller, id } = call
    this.#forget(call)
    const own = this.#calls.get(caller)
    own?.delete(id)
    if (own?.size === 0) this.#calls.delete(caller)
  }

  #forget(call: KeptCall): void {
    this.#open.delete(call)
    this.#size--
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
