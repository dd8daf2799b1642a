export type { DiskBlobStore } from './disk/disk-store.ts'
export { type DiskBlobStoreOptions, openDiskBlobStore } from './disk/open-disk.ts'
