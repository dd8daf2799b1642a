export { openS3BlobStore, type S3BlobStoreOptions } from './s3/open-s3.ts'
