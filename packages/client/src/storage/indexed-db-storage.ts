import { PosthouseError, reasonOf } from '@posthouse/core'
import { aText, checkOptions, oneOf, type Rules } from '@posthouse/core/options'
import type { ClientStorage, OpenStorage, StorageChange, StoredSend, StoredState } from './client-storage.ts'
import { type BrowserPlatform, completed, type Database, resultOf, type Transaction } from './indexed-db.ts'

/** Which database a storage is, and how safe. */
export interface IndexedDbStorageOptions {
  /** The database is named after this and the client id. Default `posthouse`. */
  readonly name?: string
  /**
   * What a change survives: `disk` a loss of power, as far as the browser can say, `process` the end of the page, which is
   * faster. Default `disk`.
   */
  readonly durability?: 'process' | 'disk'
}

const rules: Rules<IndexedDbStorageOptions> = { name: aText, durability: oneOf('process', 'disk') }

const version = 1
const facts = 'facts'
const outbox = 'outbox'
const handled = 'handled'
const stores: readonly string[] = [facts, outbox, handled]

/**
 * Keeps what a client must not forget in the browser's IndexedDB. One page at a time may use it, which takes Web Locks: they
 * are there in pages from https and from loopback addresses.
 * @throws PosthouseError `invalid_option`
 */
export function indexedDbStorage(options: IndexedDbStorageOptions = {}): ClientStorage {
  checkOptions('indexedDbStorage', options, rules)
  const { name: prefix = 'posthouse', durability = 'disk' } = options
  return {
    open: async (clientId, window) => {
      const name = `${prefix} ${clientId}`
      const release = await lock(name)
      try {
        const database = await openDatabase(name)
        const { state, last } = await read(database)
        const settings = { window, durability: durability === 'disk' ? 'strict' : 'relaxed', last, release } as const
        return new IndexedDb(database, state, settings)
      } catch (error) {
        release()
        throw fault(name, error)
      }
    },
  }
}

/** Resolves with what gives the lock back. The browser does so as well, however the page ends. */
async function lock(name: string): Promise<() => void> {
  const { locks } = (globalThis as BrowserPlatform).navigator ?? {}
  if (locks === undefined) {
    throw new PosthouseError(
      'data_unwritable',
      'this page has no Web Locks; serve it over https, or from this computer',
    )
  }
  const { promise, resolve, reject } = Promise.withResolvers<() => void>()
  const held = (granted: unknown): unknown => {
    if (granted === null) {
      reject(new PosthouseError('data_in_use', `the storage ${name} is used by another page or client`))
      return undefined
    }
    return new Promise<void>((end) => resolve(() => end()))
  }
  locks.request(`${name} (Posthouse)`, { ifAvailable: true }, held).catch(reject)
  return promise
}

async function openDatabase(name: string): Promise<Database> {
  const { indexedDB } = globalThis as BrowserPlatform
  if (indexedDB === undefined) throw new PosthouseError('data_unwritable', 'this platform has no IndexedDB')
  const request = indexedDB.open(name, version)
  request.onupgradeneeded = () => {
    const { result: database } = request
    database.createObjectStore(facts)
    database.createObjectStore(outbox, { keyPath: 'n' })
    database.createObjectStore(handled)
  }
  return resultOf(request)
}

async function read(database: Database): Promise<{ readonly state: StoredState | undefined; readonly last: number }> {
  const transaction = database.transaction(stores, 'readonly')
  const store = (name: string): ReturnType<Transaction['objectStore']> => transaction.objectStore(name)
  const [begun, lastN, sends, names, places] = await Promise.all([
    resultOf(store(facts).get('begin')),
    resultOf(store(facts).get('lastN')),
    resultOf(store(outbox).getAll()),
    resultOf(store(handled).getAll()),
    resultOf(store(handled).getAllKeys()),
  ])
  const last = Number(places.at(-1) ?? 0)
  if (begun === undefined) return { state: undefined, last }
  // Nobody else writes to this database.
  const begin = begun as Pick<StoredState, 'producer' | 'dialect'>
  const state = { ...begin, lastN: Number(lastN), outbox: sends as StoredSend[], handled: names as string[] }
  return { state, last }
}

function fault(name: string, error: unknown): PosthouseError {
  if (error instanceof PosthouseError) return error
  const newer = error instanceof Error && error.name === 'VersionError'
  return new PosthouseError(newer ? 'data_too_new' : 'data_unwritable', `the storage ${name}: ${reasonOf(error)}`, {
    cause: error,
  })
}

interface Waiting {
  readonly change: StorageChange
  resolve(): void
  reject(error: PosthouseError): void
}

interface IndexedDbSettings {
  readonly window: number
  readonly durability: 'strict' | 'relaxed'
  /** Where the newest name of a handled message is. */
  readonly last: number
  release(): void
}

class IndexedDb implements OpenStorage {
  readonly state: StoredState | undefined
  readonly #database: Database
  readonly #settings: IndexedDbSettings
  #place: number
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  #closed = false

  constructor(database: Database, state: StoredState | undefined, settings: IndexedDbSettings) {
    this.#database = database
    this.state = state
    this.#settings = settings
    this.#place = settings.last
  }

  /** Everything that comes while a transaction is under way is the next one. */
  write(change: StorageChange): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ change, resolve, reject })
    this.#flushing ??= this.#flush()
    return promise
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#flushing
    this.#database.close()
    this.#settings.release()
  }

  async #flush(): Promise<void> {
    // What is said in this turn goes along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting
      this.#waiting = []
      try {
        await this.#commit(waiting)
        for (const { resolve } of waiting) resolve()
      } catch (cause) {
        const error = new PosthouseError('store_failed', `the storage cannot be written: ${reasonOf(cause)}`, { cause })
        for (const { reject } of waiting) reject(error)
      }
    }
    this.#flushing = undefined
  }

  #commit(waiting: readonly Waiting[]): Promise<void> {
    const transaction = this.#database.transaction(stores, 'readwrite', { durability: this.#settings.durability })
    for (const { change } of waiting) this.#apply(transaction, change)
    return completed(transaction)
  }

  #apply(transaction: Transaction, change: StorageChange): void {
    const store = (name: string): ReturnType<Transaction['objectStore']> => transaction.objectStore(name)
    if ('put' in change) store(outbox).put(change.put)
    else if ('answered' in change) store(outbox).delete(change.answered)
    else if ('handled' in change) {
      const place = ++this.#place
      store(handled).put(change.handled, place)
      store(handled).delete(place - this.#settings.window)
    } else if ('lastN' in change) store(facts).put(change.lastN, 'lastN')
    else {
      const { lastN, ...begin } = change.begin
      for (const name of stores) store(name).clear()
      store(facts).put(begin, 'begin')
      store(facts).put(lastN, 'lastN')
    }
  }
}
