import type { BlobStore } from '../blob-store.ts'
import { type Clock, ManualClock } from '../clock.ts'
import type { ContractTest } from './contract-test.ts'
import { copiesBlobs } from './copies-blobs.ts'
import { keepsBlobsApart } from './keeps-blobs-apart.ts'
import { keepsFiles } from './keeps-files.ts'
import { keepsUploads } from './keeps-uploads.ts'
import { listsBlobs } from './lists-blobs.ts'

/** What a blob store under test is opened with. */
export interface BlobStoreSettings {
  readonly clock: Clock
  /** Another one for each test: where a store that lasts keeps its data. */
  readonly place: string
}

/** Opens a store, with what the last one of the same place left in it. The contract closes it. */
export type OpenBlobStore = (settings: BlobStoreSettings) => BlobStore | Promise<BlobStore>

/** What not every blob store can do. */
export interface BlobStoreAbilities {
  /** True where a store that was closed can be opened again with everything in it. Default false. */
  readonly lasts?: boolean
  /** False where times are those of a server. Default true. */
  readonly ownTime?: boolean
}

/** What one test does with a fresh store, whose time is `clock`; `reopen` closes it and opens it again. */
type BlobCheck = (store: BlobStore, clock: ManualClock, reopen: () => Promise<BlobStore>) => Promise<void>

/** Declares one test of the contract; one `that` needs an ability only for stores that have it. */
export type DeclareBlobTest = (name: string, check: BlobCheck, needs?: keyof BlobStoreAbilities) => void

/**
 * Declares the tests that every blob store must pass.
 * @example blobStoreContract(test, (settings) => new MemoryBlobStore(settings))
 */
export function blobStoreContract(test: ContractTest, open: OpenBlobStore, abilities: BlobStoreAbilities = {}): void {
  const able = { lasts: false, ownTime: true, ...abilities }
  let places = 0
  const declare: DeclareBlobTest = (name, check, needs) => {
    if (needs && !able[needs]) return
    test(name, async () => {
      const settings = { clock: new ManualClock(), place: `place-${++places}` }
      let store = await open(settings)
      try {
        await check(store, settings.clock, async () => {
          await store[Symbol.asyncDispose]()
          store = await open(settings)
          return store
        })
      } finally {
        await store[Symbol.asyncDispose]()
      }
    })
  }
  keepsFiles(declare)
  keepsUploads(declare)
  keepsBlobsApart(declare)
  copiesBlobs(declare)
  listsBlobs(declare)
}
