import type { BlobStore, Clock } from '@posthouse/core'
import type { FileLimits } from '../file-limits.ts'
import type { Secrets } from '../signing/secrets.ts'
import type { Usage } from '../usage.ts'

/** What the methods work with. */
export interface AskingParts {
  readonly store: BlobStore
  readonly usage: Usage
  readonly limits: FileLimits
  readonly secrets: Secrets
  readonly clock: Clock
  /** The path of all files. */
  readonly root: string
  /** What stands before it in answers; nothing where the path is enough. */
  readonly origin: string
  /** Whether who fetches is sent to the store itself, where that has an address. */
  readonly direct: boolean
}
