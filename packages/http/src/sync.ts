export { type ReadySyncClient, requests, type SyncSend } from './sync/ready.ts'
export { createSyncHttpClient, type SyncDownload, type SyncHttpClient } from './sync/sync-client.ts'
export type { SyncHttpClientOptions, SyncRequestOptions } from './sync/sync-options.ts'
export { SyncHttpResponse } from './sync/sync-response.ts'
