export { copyCallStore } from './calls/copy-calls.ts'
export { type CallStoreOptions, openCallStore } from './calls/open-calls.ts'
export type { SqliteCallStore } from './calls/sqlite-calls.ts'
