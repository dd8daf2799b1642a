import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { BlobInfo } from '@posthouse/core'
import type { UploadPass } from '../signing/upload-token.ts'

/** What is known of the request that the tus library is about to answer. */
export interface UploadVisit {
  readonly request: IncomingMessage
  readonly pass: UploadPass
  /** Makes a file of the bytes of a request that brings all of them; nothing was begun in the store then. */
  whole?: (bytes: Uint8Array) => Promise<BlobInfo>
  /** The file that this request has made of its upload. */
  finished?: BlobInfo
  /** Why it cannot be answered as the library would. */
  failure?: unknown
}

/** The library hands stores no request. It is found here, from anywhere in its answer. */
export const uploadVisit: AsyncLocalStorage<UploadVisit> = new AsyncLocalStorage()

/** The request that is answered here. */
export function currentVisit(): UploadVisit {
  const visit = uploadVisit.getStore()
  if (visit) return visit
  throw new TypeError('no upload is answered here')
}
