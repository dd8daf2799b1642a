import { openAsBlob } from 'node:fs'
import type { RequestOptions } from '../client/request-options.ts'
import type { BodyOptions, Progress } from '../request/outgoing-body.ts'

/** How a file is sent. */
export interface UploadOptions extends Omit<RequestOptions, keyof BodyOptions> {
  /** Default `PUT`. */
  readonly method?: string | undefined
  /** Told after each piece has gone to the connection. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The file as a body: read as it is sent, and again for another attempt. */
export async function uploadRequest(path: string, options: UploadOptions = {}): Promise<[string, RequestOptions]> {
  const { method = 'PUT', onProgress, ...request } = options
  return [method, { ...request, body: await openAsBlob(path), onUploadProgress: onProgress }]
}
