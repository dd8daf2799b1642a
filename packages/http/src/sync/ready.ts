import { fastkit } from '../client/presets.ts'
import { createSyncHttpClient, type SyncHttpClient } from './sync-client.ts'
import type { SyncHttpClientOptions, SyncRequestOptions } from './sync-options.ts'
import type { SyncHttpResponse } from './sync-response.ts'

/** Sends one request with the client behind it. */
export type SyncSend = (url: string | URL, options?: SyncRequestOptions) => SyncHttpResponse

/** A synchronous client that is made when it is first used, and again when it is used after it was closed. */
export interface ReadySyncClient {
  readonly get: SyncSend
  readonly post: SyncSend
  readonly put: SyncSend
  readonly patch: SyncSend
  readonly delete: SyncSend
  readonly head: SyncSend
  readonly options: SyncSend
  request(method: string, url: string | URL, options?: SyncRequestOptions): SyncHttpResponse
  /** The client itself. */
  client(): SyncHttpClient
  close(): void
}

function readyClient(options: SyncHttpClientOptions): ReadySyncClient {
  let made: SyncHttpClient | undefined
  const client = (): SyncHttpClient => {
    made ??= createSyncHttpClient(options)
    return made
  }
  const send =
    (method: string): SyncSend =>
    (url, given) =>
      client().request(method, url, given)
  return {
    get: send('GET'),
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE'),
    head: send('HEAD'),
    options: send('OPTIONS'),
    request: (method, url, given) => client().request(method, url, given),
    client,
    close: () => {
      made?.close()
      made = undefined
    },
  }
}

/** Document 004's synchronous client with its habits (`fastkit`), ready to be used. */
export const requests: ReadySyncClient = readyClient({ preset: fastkit })
