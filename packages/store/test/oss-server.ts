import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Whoever signs with these is let in. */
export const ossSecrets = { accessKeyId: 'LTAI-test', accessKeySecret: 'secret/+=', region: 'cn-hangzhou' } as const

interface Stored {
  readonly bytes: Buffer
  readonly at: Date
  readonly headers: Readonly<Record<string, string>>
}

/** A server that answers as OSS documents it, and looks at each signature. Dispose closes it. */
export interface OssServer extends AsyncDisposable {
  readonly endpoint: string
  /** How many requests had no good signature. */
  readonly refused: number
}

interface Answer {
  readonly status: number
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** One request, as far as a bucket looks at it. */
interface Asked {
  readonly name: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** What is in the bucket, and what is done with it. */
class Objects {
  readonly #objects = new Map<string, Stored>()
  readonly #uploads = new Map<string, { readonly kind: Stored['headers']; readonly parts: Map<number, Buffer> }>()

  answer(method: string | undefined, asked: Asked): Answer {
    if (method === 'PUT') return this.#put(asked)
    if (method === 'POST') return this.#post(asked)
    if (method === 'DELETE') return this.#delete(asked)
    return /^\/[^/]+\/$/.test(asked.name) ? this.#list(asked) : this.#get(asked)
  }

  #put({ name, query, headers, body }: Asked): Answer {
    const source = headers['x-oss-copy-source']
    const bytes = source === undefined ? body : this.#objects.get(decodeURIComponent(String(source)))?.bytes
    if (bytes === undefined) return missing('NoSuchKey')
    const uploadId = query.get('uploadId')
    if (uploadId === null) {
      this.#objects.set(name, { bytes, at: new Date(), headers: kindOf(headers) })
      return { status: 200 }
    }
    const number = Number(query.get('partNumber'))
    this.#uploads.get(uploadId)?.parts.set(number, bytes)
    return { status: 200, body: `<CopyPartResult><ETag>&quot;${number}&quot;</ETag></CopyPartResult>` }
  }

  #post({ name, query, headers, body }: Asked): Answer {
    if (query.has('uploads')) {
      const id = `upload-${this.#uploads.size}`
      this.#uploads.set(id, { kind: kindOf(headers), parts: new Map() })
      return {
        status: 200,
        body: `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      }
    }
    const upload = this.#uploads.get(query.get('uploadId') ?? '')
    if (!upload) return missing('NoSuchUpload')
    const wanted = [...String(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>"(\d+)"/g)]
    const bytes = Buffer.concat(wanted.map(([, number]) => upload.parts.get(Number(number)) ?? Buffer.alloc(0)))
    this.#objects.set(name, { bytes, at: new Date(), headers: upload.kind })
    return { status: 200 }
  }

  #list({ name, query }: Asked): Answer {
    return name === '/bucket/' ? { status: 200, body: listing(this.#objects, query) } : missing('NoSuchBucket')
  }

  #delete({ name }: Asked): Answer {
    this.#objects.delete(name)
    return { status: 204 }
  }

  #get({ name, query, headers }: Asked): Answer {
    const found = this.#objects.get(name)
    if (!found) return missing('NoSuchKey')
    const [, start = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const whole = start === ''
    const disposition = query.get('response-content-disposition')
    return {
      status: whole ? 200 : 206,
      body: whole ? found.bytes : found.bytes.subarray(Number(start), Number(last) + 1),
      headers: {
        ...found.headers,
        'last-modified': found.at.toUTCString(),
        ...(disposition !== null && { 'content-disposition': disposition }),
      },
    }
  }
}

function missing(code: string): Answer {
  return { status: 404, body: `<Error><Code>${code}</Code></Error>` }
}

export async function startOss(): Promise<OssServer> {
  const objects = new Objects()
  let refused = 0
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://oss')
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const signed = isSigned(request, url)
    if (!signed) refused++
    const asked = {
      name: decodeURIComponent(url.pathname),
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    const no = { status: 403, body: '<Error><Code>SignatureDoesNotMatch</Code><Message>&lt;no&gt;</Message></Error>' }
    const { status, body = '', headers = {} }: Answer = signed ? objects.answer(request.method, asked) : no
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function kindOf(headers: IncomingMessage['headers']): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name.startsWith('x-oss-meta-') || name === 'content-type')
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))
}

function listing(objects: ReadonlyMap<string, Stored>, query: URLSearchParams): string {
  const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? '']
  const names = [...objects.keys()].map((name) => name.slice('/bucket/'.length))
  const wanted = names.filter(
    (name) => name.startsWith(prefix) && Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0,
  )
  wanted.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const entries = wanted.slice(0, Number(query.get('max-keys'))).map((name) => {
    const { bytes, at } = objects.get(`/bucket/${name}`) ?? { bytes: [], at: new Date() }
    const key = encodeURIComponent(name).replaceAll('%20', '+')
    return `<Contents>\n<Key>${key}</Key><LastModified>${at.toISOString()}</LastModified><Size>${bytes.length}</Size></Contents>`
  })
  return `<?xml version="1.0"?><ListBucketResult>${entries.join('')}</ListBucketResult>`
}

/** Version 4 of the signature, as the documents of OSS tell how it is checked. */
function isSigned(request: IncomingMessage, url: URL): boolean {
  const { accessKeyId, accessKeySecret, region } = ossSecrets
  const inQuery = url.searchParams.has('x-oss-signature')
  const stamp = String(inQuery ? url.searchParams.get('x-oss-date') : request.headers['x-oss-date'])
  const scope = [stamp.slice(0, 8), region, 'oss', 'aliyun_v4_request']
  const query = [...url.searchParams]
    .filter(([key]) => key !== 'x-oss-signature')
    .map(([key, value]) => (value === '' ? strict(key) : `${strict(key)}=${strict(value)}`))
    .sort()
  const headers = Object.entries(request.headers)
    .filter(([key]) => /^(content-type|content-md5|x-oss-.*)$/.test(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = [request.method, strict(decodeURIComponent(url.pathname)).replaceAll('%2F', '/'), query.join('&')]
  const canonical = `${lines.join('\n')}\n${headers.map(([key, value]) => `${key}:${value}\n`).join('')}\n\nUNSIGNED-PAYLOAD`
  // An empty list of additional headers is a line of its own, behind the one that ends the headers.
  const text = `OSS4-HMAC-SHA256\n${stamp}\n${scope.join('/')}\n${createHash('sha256').update(canonical).digest('hex')}`
  let key = Buffer.from(`aliyun_v4${accessKeySecret}`)
  for (const part of scope) key = createHmac('sha256', key).update(part).digest()
  const signature = createHmac('sha256', key).update(text).digest('hex')
  if (inQuery) return url.searchParams.get('x-oss-signature') === signature
  return (
    request.headers.authorization ===
    `OSS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')},Signature=${signature}`
  )
}

function strict(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
