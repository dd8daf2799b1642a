import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { type BlobStore, type Clock, PosthouseError, systemClock } from '@posthouse/core'
import { BucketBlobStore } from '../bucket/bucket-store.ts'
import { OssBucket } from './oss-bucket.ts'

/** Settings of `openOssBlobStore`. */
export interface OssBlobStoreOptions {
  /** Such as `oss-cn-hangzhou.aliyuncs.com`, with or without `https://`. */
  readonly endpoint: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Such as `cn-hangzhou`. Default: what the endpoint says. */
  readonly region?: string
  /** Dates uploads that have no bytes yet, and signatures; everything else has the time of the service. Default the system's. */
  readonly clock?: Clock
}

/**
 * Opens a bucket of Aliyun OSS.
 * @throws PosthouseError `invalid_option` where there is no such bucket, or the endpoint tells no region; `store_failed`
 */
export async function openOssBlobStore(options: OssBlobStoreOptions): Promise<BlobStore> {
  const { clock = systemClock } = options
  const bucket = new OssBucket(options, clock)
  await bucket.assertThere()
  return new BucketBlobStore(bucket, clock)
}

/**
 * What the variables `OSS_ENDPOINT`, `OSS_BUCKET_NAME`, `OSS_ACCESS_KEY_ID`, `OSS_ACCESS_KEY_SECRET` and `OSS_REGION` say; those that
 * are not set are looked for in the file `.env` of the working directory. Undefined where one of the first four is nowhere.
 * @throws PosthouseError `invalid_option` where that file cannot be read
 */
export function ossEnvironment(variables: NodeJS.ProcessEnv = process.env): OssBlobStoreOptions | undefined {
  const all = { ...environmentFile(), ...variables }
  const { OSS_ENDPOINT: endpoint, OSS_BUCKET_NAME: bucket, OSS_REGION: region } = all
  const { OSS_ACCESS_KEY_ID: accessKeyId, OSS_ACCESS_KEY_SECRET: accessKeySecret } = all
  if (!endpoint || !bucket || !accessKeyId || !accessKeySecret) return undefined
  return { endpoint, bucket, accessKeyId, accessKeySecret, ...(region && { region }) }
}

function environmentFile(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new PosthouseError('invalid_option', 'the file .env in the working directory cannot be read', { cause })
  }
}
