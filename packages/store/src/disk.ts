export { type CopiedFiles, type CopyFilesOptions, copyDiskFiles } from './disk/copy-files.ts'
export type { DiskBlobStore } from './disk/disk-store.ts'
export { type DiskBlobStoreOptions, openDiskBlobStore } from './disk/open-disk.ts'
