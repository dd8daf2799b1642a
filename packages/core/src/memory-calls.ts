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
import { SettledCalls } from './settled-calls.ts'

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

/** A caller of whom something is remembered. */
interface Owner {
  readonly caller: string
  readonly number: number
  /** Calls that something is to be done about, by id. */
  readonly open: Map<string, KeptCall>
  /** How many others there are. */
  settled: number
}

/** Remembers calls as long as the process lives. */
export class MemoryCallStore implements CallStore {
  readonly id: string = randomHex(16)
  readonly lasting = false
  readonly #bounds: typeof usual
  readonly #clock: Clock
  readonly #owners = new Map<string, Owner>()
  /** The same by number. Numbers that nobody has any more are given away again. */
  readonly #numbered: (Owner | undefined)[] = []
  readonly #free: number[] = []
  /** Those that are unfinished, owed or given up. */
  readonly #open = new Set<KeptCall>()
  #settled = new SettledCalls()
  #size = 0
  #openBytes = 0
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
    const owner = this.#owners.get(caller)
    const call = owner && (owner.open.get(id) ?? this.#settledOf(owner, id))
    return call === undefined || this.#isOld(call.at) ? undefined : call
  }

  /** @throws PosthouseError `store_full`, `closed` */
  put(call: KeptCall): void {
    if (this.#closed) throw new PosthouseError('closed', 'this store of calls was closed')
    const { caller, id } = call
    const known = this.#owners.get(caller)
    if (known === undefined || !this.#forget(known, id)) this.#makeRoom(call)
    const owner = this.#ownerOf(caller)
    if (isOpen(call)) this.#addOpen(owner, call)
    else this.#addSettled(owner, call)
    if (this.#bytes > this.#bounds.bytes) this.#dropOldest(call)
  }

  async remove(caller: string, id: string): Promise<void> {
    const owner = this.#owners.get(caller)
    if (owner !== undefined && this.#forget(owner, id)) this.#release(owner)
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
    this.#owners.clear()
    this.#open.clear()
    this.#settled = new SettledCalls()
  }

  get #bytes(): number {
    return this.#size * overhead + this.#openBytes + this.#settled.bytes
  }

  #settledOf({ caller, number }: Owner, id: string): KeptCall | undefined {
    const found = this.#settled.find(number, id)
    return found === undefined ? undefined : { caller, state: 'done', ...this.#settled.read(found) }
  }

  #ownerOf(caller: string): Owner {
    const known = this.#owners.get(caller)
    if (known !== undefined) return known
    const owner = { caller, number: this.#free.pop() ?? this.#numbered.length, open: new Map(), settled: 0 }
    this.#owners.set(caller, owner)
    this.#numbered[owner.number] = owner
    return owner
  }

  #addOpen({ open }: Owner, call: KeptCall): void {
    open.set(call.id, call)
    this.#open.add(call)
    this.#openBytes += bytesOf(call)
    this.#size++
  }

  #addSettled(owner: Owner, call: KeptCall): void {
    this.#settled.add(owner.number, call)
    owner.settled++
    this.#size++
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
    for (let first = this.#settled.first; first !== undefined; first = this.#settled.first) {
      if (!this.#isOld(this.#settled.at(first))) break
      this.#dropFirst()
    }
    this.#settled.compact()
  }

  /** Drops some of the oldest that nothing is to be done about, and says whether there were any. */
  #dropOldest(except?: KeptCall): boolean {
    const before = this.#size
    const most = Math.min(step, Math.ceil(before / 8))
    const newest = except && this.#find(except)
    while (before - this.#size < most) {
      const { first } = this.#settled
      if (first === undefined || first === newest) break
      this.#dropFirst()
    }
    return this.#size < before
  }

  #find({ caller, id }: KeptCall): number | undefined {
    const owner = this.#owners.get(caller)
    return owner && this.#settled.find(owner.number, id)
  }

  #dropFirst(): void {
    const number = this.#settled.removeFirst()
    const owner = number === undefined ? undefined : this.#numbered[number]
    if (owner === undefined) return
    owner.settled--
    this.#size--
    this.#release(owner)
  }

  /** Forgets a call, and says whether it was there. */
  #forget(owner: Owner, id: string): boolean {
    const open = owner.open.get(id)
    const settled = open === undefined ? this.#settled.find(owner.number, id) : undefined
    if (open !== undefined) {
      owner.open.delete(id)
      this.#open.delete(open)
      this.#openBytes -= bytesOf(open)
    } else if (settled !== undefined) {
      this.#settled.remove(settled)
      owner.settled--
    } else return false
    this.#size--
    return true
  }

  /** Lets go of a caller of whom nothing is remembered any more. */
  #release({ caller, number, open, settled }: Owner): void {
    if (settled > 0 || open.size > 0) return
    this.#owners.delete(caller)
    this.#numbered[number] = undefined
    this.#free.push(number)
  }

  #isOld(at: number): boolean {
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
  return request.length + answer.length
}
