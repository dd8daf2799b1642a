export { type IndexedDbStorageOptions, indexedDbStorage } from './storage/indexed-db-storage.ts'
