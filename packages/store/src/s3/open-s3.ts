import { type BlobStore, type Clock, PosthouseError, systemClock } from '@posthouse/core'
import { BucketBlobStore } from '../bucket/bucket-store.ts'

/** Settings of `openS3BlobStore`. */
export interface S3BlobStoreOptions {
  readonly bucket: string
  /** The address of a service that is not Amazon's, such as `http://127.0.0.1:9000`. Default: Amazon's for the region. */
  readonly endpoint?: string
  /** Default: what the environment or the profile of AWS says, with an endpoint of your own `us-east-1`. */
  readonly region?: string
  /** Default: what the environment, the profile or the machine gives, as for every program of AWS. */
  readonly credentials?: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  }
  /** Dates uploads that have no bytes yet; everything else has the time of the service. Default the system's. */
  readonly clock?: Clock
}

/**
 * Opens a bucket of a service that speaks S3. `@aws-sdk/client-s3` and `@aws-sdk/s3-request-presigner` have to be installed.
 * @throws PosthouseError `invalid_option` where they are not, or there is no such bucket; `store_failed`
 */
export async function openS3BlobStore(options: S3BlobStoreOptions): Promise<BlobStore> {
  const { S3Bucket } = await import('./s3-bucket.ts').catch((cause: unknown) => {
    const message = 'for S3, install its client: npm install @aws-sdk/client-s3 @aws-sdk/s3-request-presigner'
    throw new PosthouseError('invalid_option', message, { cause })
  })
  const bucket = new S3Bucket(options)
  try {
    await bucket.assertThere()
  } catch (error) {
    await bucket[Symbol.asyncDispose]()
    throw error
  }
  return new BucketBlobStore(bucket, options.clock ?? systemClock)
}
