import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { type Dispatcher, request } from 'undici'
import { type Httpbin, startHttpbin } from './httpbin.ts'
import { startOriginal, withoutOriginal } from './original.ts'

interface Question {
  readonly method?: Dispatcher.HttpMethod
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** True where the body is by chance: its length is compared then. */
  readonly random?: boolean
}

const form = 'application/x-www-form-urlencoded'
const multipart = [
  '--edge\r\ncontent-disposition: form-data; name="a"\r\n\r\none\r\n',
  '--edge\r\ncontent-disposition: form-data; name="f"; filename="f.txt"\r\ncontent-type: text/plain\r\n\r\ntext\r\n--edge--\r\n',
].join('')

const questions: readonly (readonly [path: string, question?: Question])[] = [
  ['/get'],
  ['/get?a=1&a=2&b=&c=%20x%26y'],
  ['/get', { headers: { 'x-one': 'two', accept: 'text/plain' } }],
  ['/get', { headers: { 'x-forwarded-for': '10.1.2.3' } }],
  ['/get', { method: 'HEAD' }],
  ['/get', { method: 'POST' }],
  ['/post', { method: 'GET' }],
  ['/post', { method: 'POST', body: 'a=1&b=2&a=3', headers: { 'content-type': form } }],
  ['/post', { method: 'POST', body: '{"a":[1,null]}', headers: { 'content-type': 'application/json' } }],
  ['/post', { method: 'POST', body: 'plain', headers: { 'content-type': 'text/plain' } }],
  [
    '/post',
    { method: 'POST', body: Buffer.from([255, 0, 254]), headers: { 'content-type': 'application/octet-stream' } },
  ],
  ['/post', { method: 'POST', body: multipart, headers: { 'content-type': 'multipart/form-data; boundary=edge' } }],
  ['/put', { method: 'PUT', body: 'x' }],
  ['/patch', { method: 'PATCH', body: 'x' }],
  ['/delete', { method: 'DELETE' }],
  ['/anything', { method: 'PATCH', body: '[]', headers: { 'content-type': 'application/json' } }],
  ['/anything/with/a/path?q=1', { method: 'DELETE' }],
  ['/headers', { headers: { 'x-many': 'a, b' } }],
  ['/ip'],
  ['/user-agent', { headers: { 'user-agent': 'posthouse' } }],
  ['/uuid', { random: true }],
  ['/status/200'],
  ['/status/204'],
  ['/status/301'],
  ['/status/304'],
  ['/status/401'],
  ['/status/404'],
  ['/status/407'],
  ['/status/429', { method: 'POST' }],
  ['/status/503', { method: 'PUT' }],
  ['/status/none'],
  ['/redirect/1'],
  ['/redirect/4'],
  ['/redirect/4?absolute=true'],
  ['/relative-redirect/1'],
  ['/relative-redirect/3'],
  ['/absolute-redirect/1'],
  ['/absolute-redirect/3'],
  ['/redirect-to?url=http%3A%2F%2Fa.example%2F'],
  ['/redirect-to?url=/get&status_code=307', { method: 'POST', body: 'x' }],
  ['/redirect-to?url=/get&status_code=200'],
  ['/cookies'],
  ['/cookies', { headers: { cookie: 'a=1; b=two' } }],
  ['/cookies/set?a=1&b=2'],
  ['/cookies/set/a/1'],
  ['/cookies/delete?a='],
  ['/basic-auth/user/pass'],
  ['/basic-auth/user/pass', { headers: { authorization: `Basic ${btoa('user:pass')}` } }],
  ['/basic-auth/user/pass', { headers: { authorization: `Basic ${btoa('user:other')}` } }],
  ['/hidden-basic-auth/user/pass'],
  ['/hidden-basic-auth/user/pass', { headers: { authorization: `Basic ${btoa('user:pass')}` } }],
  ['/bearer'],
  ['/gzip'],
  ['/deflate'],
  ['/brotli'],
  ['/delay/0'],
  ['/drip?numbytes=5&duration=0'],
  ['/drip?numbytes=5&duration=0&code=500'],
  ['/drip?numbytes=0'],
  ['/stream/3?a=1'],
  ['/stream-bytes/25?chunk_size=10', { random: true }],
  ['/bytes/17', { random: true }],
  ['/bytes/0'],
  ['/range/30'],
  ['/range/30', { headers: { range: 'bytes=10-19' } }],
  ['/range/30', { headers: { range: 'bytes=10-' } }],
  ['/range/30', { headers: { range: 'bytes=-5' } }],
  ['/range/30', { headers: { range: 'bytes=40-50' } }],
  ['/range/0'],
  ['/etag/abc'],
  ['/etag/abc', { headers: { 'if-none-match': '"abc"' } }],
  ['/etag/abc', { headers: { 'if-none-match': '"x", "abc"' } }],
  ['/etag/abc', { headers: { 'if-none-match': '*' } }],
  ['/etag/abc', { headers: { 'if-match': '"x"' } }],
  ['/etag/abc', { headers: { 'if-match': '"abc"' } }],
  ['/cache', { headers: { 'if-none-match': '"x"' } }],
  ['/cache', { headers: { 'if-modified-since': 'Sun, 06 Nov 1994 08:49:37 GMT' } }],
  ['/cache/60'],
  ['/response-headers?x-one=1'],
  ['/links/3'],
  ['/links/3/1'],
  ['/base64/aGVsbG8='],
  ['/robots.txt'],
  ['/nowhere'],
]

/** Headers that mean something. */
const compared = [
  ...['content-type', 'location', 'www-authenticate', 'proxy-authenticate', 'set-cookie', 'etag', 'cache-control'],
  ...['content-range', 'accept-ranges', 'content-encoding', 'access-control-allow-origin', 'x-one', 'allow'],
]

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

async function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body, random }: Question,
): Promise<Answer> {
  const answer = await request(base + path, { method, headers, body: body ?? null })
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  const type = String(answer.headers['content-type'] ?? '')
  const named = compared.map((name) => [name, plain(inOrder(name, answer.headers[name]), base)])
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(named.filter(([, value]) => value !== undefined)),
    body: random ? bytes.length : bodyOf(bytes, { type, encoding: answer.headers['content-encoding'], base, path }),
  }
}

/** A list whose order means nothing, in one order. */
function inOrder(name: string, value: unknown): unknown {
  return name === 'allow' && value !== undefined ? String(value).split(', ').sort() : value
}

/** Without ports, which differ; and an ETag in quotes, which the original forgets. */
function plain(value: unknown, base: string): unknown {
  if (value === undefined) return undefined
  const text = JSON.stringify(value).replaceAll(base, 'http://here')
  return JSON.parse(text.replaceAll(/\\"/g, '').replaceAll(/, ?(Path|Expires|Max-Age)/g, '$1'))
}

interface Kind {
  readonly type: string
  readonly encoding: unknown
  readonly base: string
  readonly path: string
}

const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
}

function bodyOf(bytes: Buffer, { type, encoding, base, path }: Kind): unknown {
  const decoded = (decoders[String(encoding)] ?? ((same: Buffer) => same))(bytes)
  const text = decoded.toString('latin1').replaceAll(base.slice('http://'.length), 'here')
  if (type === 'application/json')
    return text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  // Pages that say where to go, or what is wrong, are worded by the library.
  return type.startsWith('text/html') && !path.startsWith('/links/3/') && !path.startsWith('/base64') ? 'a page' : text
}

suite('our httpbin', { skip: withoutOriginal }, () => {
  let original: Awaited<ReturnType<typeof startOriginal>>
  let ours: Httpbin
  before(async () => {
    original = await startOriginal()
    ours = await startHttpbin()
  })
  after(async () => {
    await ours[Symbol.asyncDispose]()
    await original[Symbol.asyncDispose]()
  })

  for (const [path, question = {}] of questions) {
    const what = [
      question.method ?? 'GET',
      path,
      ...Object.entries(question.headers ?? {}).map((pair) => pair.join(': ')),
    ]
    test(`answers ${what.join(' ')} as the original does`, async () => {
      const [expected, given] = await Promise.all([ask(original.url, path, question), ask(ours.url, path, question)])
      assert.deepEqual(given, expected)
    })
  }
})
