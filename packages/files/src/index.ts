export { defaultFileLimits, type FileLimits } from './file-limits.ts'
export { Files, type FilesOptions } from './files.ts'
export type { FileStats } from './traffic.ts'
