import { isIP } from 'node:net'
import { type Clock, PosthouseError, reasonOf } from '@posthouse/core'
import type { Bucket, ListQuery, ObjectEntry, ObjectFacts, ObjectInfo, SignWishes } from '../bucket/bucket.ts'
import { inTurns } from '../bucket/in-turns.ts'
import { factHeaders, readFacts } from '../bucket/object-facts.ts'
import type { OssBlobStoreOptions } from './open-oss.ts'
import { type OssSigner, ossAuthorization, ossEncoded, ossQuery, ossSignedQuery, ossTime } from './oss-signature.ts'
import { readListing, valueIn } from './oss-xml.ts'

const metaPrefix = 'x-oss-meta-'

/** What a request wants. */
interface Wanted {
  readonly name?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  readonly signal?: AbortSignal | undefined
}

/** A bucket of Aliyun OSS, by requests that are signed here. */
export class OssBucket implements Bucket {
  readonly #bucket: string
  readonly #signer: OssSigner
  /** The address with the bucket in it. */
  readonly #base: string
  readonly #clock: Clock

  /** @throws PosthouseError `invalid_option` */
  constructor({ endpoint, bucket, accessKeyId, accessKeySecret, region }: OssBlobStoreOptions, clock: Clock) {
    const url = urlOf(endpoint)
    this.#bucket = bucket
    this.#clock = clock
    this.#signer = { accessKeyId, accessKeySecret, region: region ?? regionOf(url) }
    // An address that is a number cannot have the bucket in its name.
    this.#base = isIP(url.hostname) ? `${url.origin}/${bucket}` : `${url.protocol}//${bucket}.${url.host}`
  }

  /** @throws PosthouseError `invalid_option`, `store_failed` */
  async assertThere(): Promise<void> {
    const found = await this.#maybe('GET', { query: { 'list-type': '2', 'max-keys': '1' } })
    if (!found) throw new PosthouseError('invalid_option', `there is no bucket ${this.#bucket}`)
    await found.arrayBuffer()
  }

  async put(name: string, bytes: Uint8Array, facts?: ObjectFacts): Promise<void> {
    await this.#do('PUT', { name, body: bytes, headers: facts ? headersOf(facts) : {} })
  }

  async head(name: string): Promise<ObjectInfo | undefined> {
    const found = await this.#maybe('HEAD', { name })
    if (!found) return undefined
    const { headers } = found
    const at = Date.parse(headers.get('last-modified') ?? '') || 0
    return {
      name,
      size: Number(headers.get('content-length')),
      at,
      ...readFacts((fact) => headers.get(metaPrefix + fact)),
    }
  }

  async get(
    name: string,
    range: { readonly start: number; readonly end: number } | undefined,
    signal?: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const headers: Record<string, string> = range ? { range: `bytes=${range.start}-${range.end - 1}` } : {}
    const found = await this.#maybe('GET', { name, headers, signal })
    return found && (found.body ?? none())
  }

  async list({ prefix, after, limit }: ListQuery): Promise<readonly ObjectEntry[]> {
    const page = { 'list-type': '2', 'encoding-type': 'url', 'max-keys': String(limit) }
    const query = { ...page, ...(prefix && { prefix }), ...(after !== undefined && { 'start-after': after }) }
    return readListing(await (await this.#do('GET', { query })).text())
  }

  async remove(name: string): Promise<void> {
    await this.#maybe('DELETE', { name })
  }

  async join(parts: readonly ObjectEntry[], name: string, facts: ObjectFacts): Promise<void> {
    const [only] = parts
    if (parts.length !== 1 || !only) return await this.#joinMany(parts, name, facts)
    const headers = { ...this.#source(only), 'x-oss-metadata-directive': 'REPLACE', ...headersOf(facts) }
    await this.#do('PUT', { name, headers })
  }

  async sign(name: string, { ttlMs, mediaType, disposition }: SignWishes): Promise<string> {
    const wishes = {
      ...(mediaType !== undefined && { 'response-content-type': mediaType }),
      ...(disposition !== undefined && { 'response-content-disposition': disposition }),
    }
    const request = { method: 'GET', resource: `/${this.#bucket}/${name}`, query: wishes, headers: {} }
    const when = { time: ossTime(this.#clock.now()), seconds: Math.max(1, Math.ceil(ttlMs / 1000)) }
    return `${this.#at(name)}?${ossQuery(ossSignedQuery(request, when, this.#signer))}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Requests end by themselves.
  }

  async #joinMany(parts: readonly ObjectEntry[], name: string, facts: ObjectFacts): Promise<void> {
    const begun = await this.#do('POST', { name, query: { uploads: '' }, headers: headersOf(facts) })
    const uploadId = valueIn(await begun.text(), 'UploadId')
    try {
      const tags = await inTurns(parts, async (part, index) => {
        const query = { partNumber: String(index + 1), uploadId }
        const copied = await this.#do('PUT', { name, query, headers: this.#source(part) })
        return valueIn(await copied.text(), 'ETag')
      })
      const list = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
      const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
      await this.#do('POST', { name, query: { uploadId }, body })
    } catch (error) {
      await this.#do('DELETE', { name, query: { uploadId } }).catch(() => undefined)
      throw error
    }
  }

  #source({ name }: ObjectEntry): Record<string, string> {
    return { 'x-oss-copy-source': `/${this.#bucket}/${name.split('/').map(ossEncoded).join('/')}` }
  }

  #at(name: string): string {
    return `${this.#base}/${name.split('/').map(ossEncoded).join('/')}`
  }

  /** @throws PosthouseError `store_failed` */
  async #do(method: string, wanted: Wanted): Promise<Response> {
    const response = await this.#send(method, wanted)
    if (response.ok) return response
    throw await refusal(response)
  }

  /** Nothing where there is no such thing. */
  async #maybe(method: string, wanted: Wanted): Promise<Response | undefined> {
    const response = await this.#send(method, wanted)
    if (response.ok) return response
    if (response.status !== 404) throw await refusal(response)
    await response.arrayBuffer()
    return undefined
  }

  async #send(method: string, { name = '', query = {}, headers = {}, body, signal }: Wanted): Promise<Response> {
    const sent: Record<string, string> = {
      // Where there is none, the client for HTTP would add one that is not signed.
      ...(body !== undefined && { 'content-type': 'application/octet-stream' }),
      ...headers,
      'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
      'x-oss-date': ossTime(this.#clock.now()),
    }
    const resource = `/${this.#bucket}/${name}`
    sent.authorization = ossAuthorization({ method, resource, query, headers: sent }, this.#signer)
    const search = Object.keys(query).length > 0 ? `?${ossQuery(query)}` : ''
    const content = body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }
    try {
      return await fetch(this.#at(name) + search, { method, headers: sent, ...content, ...(signal && { signal }) })
    } catch (cause) {
      throw new PosthouseError('store_failed', `the bucket cannot be reached: ${reasonOf(cause)}`, { cause })
    }
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}

/** Facts as headers of OSS. */
function headersOf(facts: ObjectFacts): Record<string, string> {
  const { type } = facts.meta
  const told = Object.entries(factHeaders(facts)).map(([name, value]) => [metaPrefix + name, value])
  return { ...Object.fromEntries(told), ...(type !== undefined && { 'content-type': type }) }
}

async function refusal(response: Response): Promise<PosthouseError> {
  const text = await response.text().catch(() => '')
  const reason = [valueIn(text, 'Code'), valueIn(text, 'Message')].filter(Boolean).join(': ')
  return new PosthouseError('store_failed', `the bucket has refused a request with ${response.status} ${reason}`.trim())
}

/** @throws PosthouseError `invalid_option` */
function urlOf(endpoint: string): URL {
  const text = /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`
  if (URL.canParse(text)) return new URL(text)
  throw new PosthouseError(
    'invalid_option',
    `${JSON.stringify(endpoint)} is no endpoint such as oss-cn-hangzhou.aliyuncs.com`,
  )
}

/** @throws PosthouseError `invalid_option` */
function regionOf({ hostname }: URL): string {
  const [, region] = /^(?:s3\.)?oss-([a-z0-9-]+?)(?:-internal)?\./.exec(hostname) ?? []
  if (region !== undefined) return region
  throw new PosthouseError('invalid_option', `${hostname} tells no region: name it (OSS_REGION), such as cn-hangzhou`)
}
