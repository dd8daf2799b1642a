import { fastkit } from '../client/presets.ts'
import { MadeOnDemand, type Senders, sendersOf } from '../client/ready.ts'
import { createSyncHttpClient, type SyncHttpClient } from './sync-client.ts'
import type { SyncHttpClientOptions, SyncRequestOptions } from './sync-options.ts'
import type { SyncHttpResponse } from './sync-response.ts'

/** Sends one request with the client behind it. */
export type SyncSend = (url: string | URL, options?: SyncRequestOptions) => SyncHttpResponse

/** A synchronous client that is made when it is first used, and again when it is used after it was closed. */
export interface ReadySyncClient extends Senders<SyncRequestOptions, SyncHttpResponse> {
  /** The client itself. */
  client(): SyncHttpClient
  close(): void
}

function readyClient(options: SyncHttpClientOptions): ReadySyncClient {
  const made = new MadeOnDemand(() => createSyncHttpClient(options))
  return {
    ...sendersOf((method, url, given?: SyncRequestOptions) => made.value.request(method, url, given)),
    client: () => made.value,
    close: () => made.take()?.close(),
  }
}

/** Document 004's synchronous client with its habits (`fastkit`), ready to be used. */
export const requests: ReadySyncClient = readyClient({ preset: fastkit })
