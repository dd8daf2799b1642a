import {
  type CallStore,
  type CallStoreBounds,
  type Clock,
  type KeptCall,
  type KeptCallQuery,
  PosthouseError,
  reasonOf,
} from '@posthouse/core'
import type { FileGuard } from '../sqlite/file-guard.ts'
import type { CallTable, RowFacts } from './call-table.ts'

/** What a store is made of. */
export interface SqliteCallStoreParts {
  readonly table: CallTable
  readonly file: FileGuard
  readonly lock: Disposable
  readonly clock: Clock
  readonly bounds: { readonly [Name in keyof CallStoreBounds]-?: number }
}

/** What waits for the next write: nothing as a call is to be removed. */
interface Change {
  readonly call: KeptCall | undefined
  readonly body: string
}

/** How much of it promises may take: callbacks that are owed for a day leave room for calls that are waited for. */
const promisedShare = 0.75
/** So many are removed at once, so that room is not made for each call anew. */
const step = 256
/** What is too old is removed so often, in milliseconds. */
const sweepMs = 10 * 60_000

/** Remembers calls in a file. What comes in one turn of the process is one write. */
export class SqliteCallStore implements CallStore {
  readonly lasting = true
  readonly #parts: SqliteCallStoreParts
  /** Sizes by key: most calls are new, and the file need not be asked for them. */
  readonly #sizes = new Map<string, number>()
  #bytes = 0
  #changes = new Map<string, Change>()
  #written: PromiseWithResolvers<void> | undefined
  #closed = false
  /** The last write has failed. */
  #doubtful = false
  #sweptAt = 0

  constructor(parts: SqliteCallStoreParts) {
    this.#parts = parts
    this.#sweep()
    for (const { key, size } of parts.table.rows()) this.#count(key, size)
  }

  get id(): string {
    return this.#parts.table.id
  }

  get size(): number {
    return this.#sizes.size
  }

  get(caller: string, id: string): KeptCall | undefined {
    const key = keyOf(caller, id)
    if (!this.#sizes.has(key)) return undefined
    const change = this.#changes.get(key)
    const call = change === undefined ? this.#parts.table.get(key) : change.call
    return call !== undefined && call.at > this.#oldest() ? call : undefined
  }

  async put(call: KeptCall): Promise<void> {
    if (this.#closed) throw closed()
    const key = keyOf(call.caller, call.id)
    if (!this.#sizes.has(key)) this.#makeRoom(call)
    const body = JSON.stringify(call)
    this.#count(key, body.length)
    return this.#change(key, { call, body })
  }

  async remove(caller: string, id: string): Promise<void> {
    if (this.#closed) throw closed()
    const key = keyOf(caller, id)
    if (!this.#sizes.has(key)) return
    this.#forget({ key })
    await this.#change(key, { call: undefined, body: '' })
  }

  async find(query: KeptCallQuery): Promise<readonly KeptCall[]> {
    if (this.#closed) throw closed()
    await this.#written?.promise
    return this.#parts.table.find(query)
  }

  async check(): Promise<void> {
    if (this.#closed) throw closed()
    this.#parts.file.check()
    if (!this.#doubtful) return
    try {
      this.#parts.table.probe()
      this.#doubtful = false
    } catch (cause) {
      throw failed(cause)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#write()
    this.#parts.table[Symbol.dispose]()
    this.#parts.lock[Symbol.dispose]()
  }

  #change(key: string, change: Change): Promise<void> {
    this.#changes.set(key, change)
    if (this.#written === undefined) {
      this.#written = Promise.withResolvers()
      setImmediate(() => this.#write())
    }
    return this.#written.promise
  }

  #write(): void {
    const [changes, written] = [this.#changes, this.#written]
    this.#changes = new Map()
    this.#written = undefined
    if (written === undefined) return
    try {
      this.#parts.file.check()
      this.#parts.table.write(Array.from(changes, ([key, { call, body }]) => [key, call, body] as const))
      this.#doubtful = false
      written.resolve()
    } catch (cause) {
      this.#doubtful = true
      written.reject(failed(cause))
      this.#recount(changes.keys())
    }
  }

  /** What could not be written takes no room: those that are there are as large as they were before. */
  #recount(keys: Iterable<string>): void {
    try {
      for (const key of keys) {
        const size = this.#parts.table.sizeOf(key)
        if (size === undefined) this.#forget({ key })
        else this.#count(key, size)
      }
    } catch {
      // Where it cannot be read either, the next start counts.
    }
  }

  #sweep(): void {
    const { table, clock } = this.#parts
    this.#sweptAt = clock.now()
    for (const row of table.drop({ before: this.#oldest(), most: 10_000 })) this.#forget(row)
  }

  /** @throws PosthouseError `store_full` */
  #makeRoom({ state }: KeptCall): void {
    const { table, bounds, clock } = this.#parts
    if (clock.now() - this.#sweptAt >= sweepMs) this.#sweep()
    const share = state === 'taken' ? promisedShare : 1
    if (this.#sizes.size < bounds.calls * share && this.#bytes < bounds.bytes * share) return
    // What waits to be written may be what there is to remove.
    this.#write()
    const dropped = table.drop({ before: clock.now(), most: Math.min(step, Math.ceil(this.#sizes.size / 8)) })
    for (const row of dropped) this.#forget(row)
    if (dropped.length > 0) return
    throw new PosthouseError('store_full', `${this.#sizes.size} calls are unfinished, or callbacks are owed for them`)
  }

  #count(key: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0)
    this.#sizes.set(key, size)
  }

  #forget({ key }: Pick<RowFacts, 'key'>): void {
    this.#bytes -= this.#sizes.get(key) ?? 0
    this.#sizes.delete(key)
  }

  #oldest(): number {
    return this.#parts.clock.now() - this.#parts.bounds.ageMs
  }
}

function keyOf(caller: string, id: string): string {
  return `${caller}\n${id}`
}

function failed(cause: unknown): PosthouseError {
  return new PosthouseError('store_failed', `calls cannot be remembered: ${reasonOf(cause)}`, { cause })
}

function closed(): PosthouseError {
  return new PosthouseError('closed', 'this store of calls was closed')
}
