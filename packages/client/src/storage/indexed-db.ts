/** The parts of IndexedDB and of the Web Locks that are used. Source: the W3C's "Indexed Database API" and "Web Locks API". */
interface Request<Result> {
  readonly result: Result
  readonly error: unknown
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

interface OpenRequest extends Request<Database> {
  onupgradeneeded: (() => void) | null
}

interface ObjectStore {
  put(value: unknown, key?: unknown): unknown
  delete(key: unknown): unknown
  clear(): unknown
  get(key: unknown): Request<unknown>
  getAll(): Request<unknown[]>
  getAllKeys(): Request<unknown[]>
}

export interface Transaction {
  readonly error: unknown
  oncomplete: (() => void) | null
  onabort: (() => void) | null
  objectStore(name: string): ObjectStore
  abort(): void
}

export interface Database {
  transaction(
    stores: readonly string[],
    mode: 'readonly' | 'readwrite',
    options?: { readonly durability: 'strict' | 'relaxed' },
  ): Transaction
  createObjectStore(name: string, options?: { readonly keyPath: string }): unknown
  close(): void
}

export interface BrowserPlatform {
  readonly indexedDB?: { open(name: string, version: number): OpenRequest }
  readonly navigator?: {
    readonly locks?: {
      request(name: string, options: { readonly ifAvailable: true }, held: (lock: unknown) => unknown): Promise<unknown>
    }
  }
}

/** The result of a request when it is there. */
export function resultOf<Result>(request: Request<Result>): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
  return promise
}

/** Resolves when everything of a transaction is stored. */
export function completed(transaction: Transaction): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  transaction.oncomplete = () => resolve()
  transaction.onabort = () => reject(transaction.error)
  return promise
}
