import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { Bucket, ListQuery, ObjectEntry, ObjectFacts, ObjectInfo, SignWishes } from '../bucket/bucket.ts'
import { inTurns } from '../bucket/in-turns.ts'
import { factHeaders, readFacts } from '../bucket/object-facts.ts'
import type { S3BlobStoreOptions } from './open-s3.ts'

/** A bucket behind the client of AWS. */
export class S3Bucket implements Bucket {
  readonly #client: S3Client
  readonly #bucket: string

  constructor({ bucket, endpoint, region, credentials }: S3BlobStoreOptions) {
    const place = region ?? (endpoint === undefined ? undefined : 'us-east-1')
    this.#bucket = bucket
    this.#client = new S3Client({
      ...(place !== undefined && { region: place }),
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials && { credentials }),
      // Not every service that speaks S3 knows the checksums that came later.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
  }

  /** @throws PosthouseError `invalid_option`, `store_failed` */
  async assertThere(): Promise<void> {
    const found = await this.#maybe(() => this.#client.send(new HeadBucketCommand({ Bucket: this.#bucket })))
    if (!found) throw new PosthouseError('invalid_option', `there is no bucket ${this.#bucket}`)
  }

  async put(name: string, bytes: Uint8Array, facts?: ObjectFacts): Promise<void> {
    const command = new PutObjectCommand({ ...this.#at(name), Body: bytes, ...(facts && headersOf(facts)) })
    await ours(() => this.#client.send(command))
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    const found = await this.#maybe(() => this.#client.send(new HeadObjectCommand(this.#at(name))))
    if (!found) return undefined
    const { ContentLength: size = 0, LastModified: at, Metadata = {} } = found
    return { name, size, at: Number(at ?? 0), ...readFacts((fact) => Metadata[fact]) }
  }

  async get(
    name: string,
    range: { readonly start: number; readonly end: number } | undefined,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const wanted = range && { Range: `bytes=${range.start}-${range.end - 1}` }
    const command = new GetObjectCommand({ ...this.#at(name), ...wanted })
    const found = await this.#maybe(() => this.#client.send(command, signal ? { abortSignal: signal } : {}))
    // In Node a body is a stream of Node's.
    return found && (found.Body as Readable)
  }

  async list({ prefix, after, limit }: ListQuery): Promise<readonly ObjectEntry[]> {
    const page = { Prefix: prefix, MaxKeys: limit, ...(after !== undefined && { StartAfter: after }) }
    const command = new ListObjectsV2Command({ Bucket: this.#bucket, ...page })
    const { Contents = [] } = await ours(() => this.#client.send(command))
    return Contents.map(({ Key: name = '', Size: size = 0, LastModified }) => ({
      name,
      size,
      at: Number(LastModified ?? 0),
    }))
  }

  async remove(name: string): Promise<void> {
    await this.#maybe(() => this.#client.send(new DeleteObjectCommand(this.#at(name))))
  }

  async join(parts: readonly ObjectEntry[], name: string, facts: ObjectFacts): Promise<void> {
    const [only] = parts
    if (parts.length !== 1 || !only) {
      await ours(() => this.#joinMany(parts, name, facts))
      return
    }
    const source = { CopySource: this.#source(only.name), MetadataDirective: 'REPLACE' } as const
    await ours(() => this.#client.send(new CopyObjectCommand({ ...this.#at(name), ...source, ...headersOf(facts) })))
  }

  async sign(name: string, { ttlMs, mediaType, disposition }: SignWishes): Promise<string> {
    const command = new GetObjectCommand({
      ...this.#at(name),
      ...(mediaType !== undefined && { ResponseContentType: mediaType }),
      ...(disposition !== undefined && { ResponseContentDisposition: disposition }),
    })
    return await ours(() => getSignedUrl(this.#client, command, { expiresIn: Math.max(1, Math.ceil(ttlMs / 1000)) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy()
  }

  async #joinMany(parts: readonly ObjectEntry[], name: string, facts: ObjectFacts): Promise<void> {
    const begin = new CreateMultipartUploadCommand({ ...this.#at(name), ...headersOf(facts) })
    const { UploadId } = await this.#client.send(begin)
    const upload = { ...this.#at(name), UploadId }
    try {
      const copied = await inTurns(parts, async (part, index) => {
        const PartNumber = index + 1
        const command = new UploadPartCopyCommand({ ...upload, PartNumber, CopySource: this.#source(part.name) })
        const { CopyPartResult } = await this.#client.send(command)
        return { PartNumber, ETag: CopyPartResult?.ETag }
      })
      await this.#client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: copied } }))
    } catch (error) {
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
      throw error
    }
  }

  #at(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: name }
  }

  #source(name: string): string {
    return `${this.#bucket}/${name.split('/').map(encodeURIComponent).join('/')}`
  }

  /** Nothing where there is no such thing. */
  async #maybe<Result>(task: () => Promise<Result>): Promise<Result | undefined> {
    return await ours(async () => {
      try {
        return await task()
      } catch (error) {
        if (statusOf(error) === 404) return undefined
        throw error
      }
    })
  }
}

/** Facts as the parameters of requests name them. */
function headersOf(facts: ObjectFacts): { readonly Metadata: Record<string, string>; readonly ContentType?: string } {
  const { type } = facts.meta
  return { Metadata: factHeaders(facts), ...(type !== undefined && { ContentType: type }) }
}

async function ours<Result>(task: () => Promise<Result>): Promise<Result> {
  try {
    return await task()
  } catch (cause) {
    throw new PosthouseError('store_failed', `the bucket has refused a request: ${reasonOf(cause)}`, { cause })
  }
}

function statusOf(error: unknown): number | undefined {
  const { $metadata }: { readonly $metadata?: { readonly httpStatusCode?: number } } = Object(error)
  return $metadata?.httpStatusCode
}
