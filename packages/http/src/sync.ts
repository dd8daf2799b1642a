export { type ReadySyncClient, requests, type SyncSend } from './sync/ready.ts'
export {
  createSyncHttpClient,
  type SyncDownload,
  type SyncEventOptions,
  type SyncHttpClient,
} from './sync/sync-client.ts'
export type { SyncHttpClientOptions, SyncRequestOptions } from './sync/sync-options.ts'
export type { SyncItemOptions, SyncPageOptions } from './sync/sync-pages.ts'
export { SyncHttpResponse } from './sync/sync-response.ts'
