export { type OssBlobStoreOptions, openOssBlobStore, ossEnvironment } from './oss/open-oss.ts'
