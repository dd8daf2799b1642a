export { lockFolder, lockHolder } from './sqlite/folder-lock.ts'
export { type IntegrityReport, integrityCheck } from './sqlite/integrity.ts'
export { openSqliteStore, type SqliteStoreOptions } from './sqlite/open-store.ts'
export type { SqliteStore } from './sqlite/sqlite-store.ts'
