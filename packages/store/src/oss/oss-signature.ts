import { createHash, createHmac } from 'node:crypto'

/** Who signs, and for where. */
export interface OssSigner {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly region: string
}

/** What is signed of a request. */
export interface OssRequest {
  readonly method: string
  /** `/<bucket>/<name>`, or `/<bucket>/`. */
  readonly resource: string
  readonly query: Readonly<Record<string, string>>
  /** With names in small letters. Signed are `content-type`, `content-md5` and those that begin with `x-oss-`. */
  readonly headers: Readonly<Record<string, string>>
}

const algorithm = 'OSS4-HMAC-SHA256'

/** The value of `Authorization`, by version 4 of the signature of OSS. The headers have `x-oss-date` and `x-oss-content-sha256`. */
export function ossAuthorization(request: OssRequest, signer: OssSigner): string {
  const time = request.headers['x-oss-date'] ?? ''
  const credential = `${signer.accessKeyId}/${scopeOf(time, signer)}`
  return `${algorithm} Credential=${credential},Signature=${signatureOf(request, time, signer)}`
}

/** A query with which a request needs no header. `time` is that of `ossTime`. */
export function ossSignedQuery(
  request: OssRequest,
  { time, seconds }: { readonly time: string; readonly seconds: number },
  signer: OssSigner,
): Readonly<Record<string, string>> {
  const query = {
    ...request.query,
    'x-oss-credential': `${signer.accessKeyId}/${scopeOf(time, signer)}`,
    'x-oss-date': time,
    'x-oss-expires': String(seconds),
    'x-oss-signature-version': algorithm,
  }
  return { ...query, 'x-oss-signature': signatureOf({ ...request, query }, time, signer) }
}

/** A time as OSS writes it: `20261129T120000Z`. */
export function ossTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** A name or a value as it stands in paths and queries. */
export function ossEncoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** A query in the order in which it is signed. What has no value has no `=`. */
export function ossQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => [ossEncoded(name), ossEncoded(value)] as const)
  pairs.sort(([a], [b]) => (a < b ? -1 : 1))
  return pairs.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&')
}

function signatureOf({ method, resource, query, headers }: OssRequest, time: string, signer: OssSigner): string {
  const signed = Object.entries(headers)
    .filter(([name]) => name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
  const path = resource.split('/').map(ossEncoded).join('/')
  const canonical = [method, path, ossQuery(query), signed.join(''), '', 'UNSIGNED-PAYLOAD'].join('\n')
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const text = [algorithm, time, scopeOf(time, signer), hashed].join('\n')
  const key = scopeOf(time, signer)
    .split('/')
    .reduce<string | Buffer>((above, part) => hmac(above, part), `aliyun_v4${signer.accessKeySecret}`)
  return hmac(key, text).toString('hex')
}

function scopeOf(time: string, { region }: OssSigner): string {
  return `${time.slice(0, 8)}/${region}/oss/aliyun_v4_request`
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
