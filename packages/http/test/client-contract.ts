import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { StandardSchema } from '@posthouse/core'
import {
  fastkit,
  type HttpInterceptor,
  isHttpError,
  isSecretName,
  type MetricsReport,
  requestContext,
} from '@posthouse/http'
import { startHttpbinApart } from '../../../tests/httpbin/apart.ts'

type Soon<Value> = Value | Promise<Value>

/** What both clients answer with; only whether it has to be awaited differs. */
export interface AnyResponse {
  readonly status: number
  readonly ok: boolean
  readonly url: string
  readonly attempts: number
  readonly elapsedMs: number
  readonly redirects: readonly string[]
  readonly headers: { get(name: string): string | undefined }
  readonly request: { readonly headers: object; readonly url: string }
  text(): Soon<string>
  bytes(): Soon<Uint8Array>
  json(schema?: StandardSchema): Soon<unknown>
  raiseForStatus(): unknown
}

/** Options that both clients know. */
export type AnyOptions = Readonly<Record<string, unknown>>

/** What both clients do. */
export interface AnyClient extends AsyncDisposable {
  request(method: string, url: string, options?: AnyOptions): Promise<AnyResponse>
  download(url: string, path: string, options?: AnyOptions): Promise<{ bytes: number }>
  upload(url: string, path: string, options?: AnyOptions): Promise<AnyResponse>
  use(interceptor: HttpInterceptor): Disposable
  extend(options: AnyOptions): AnyClient
  metrics(): MetricsReport
  close(): Soon<void>
}

interface Echo {
  readonly args: object
  readonly headers: Record<string, string>
  readonly form: object
  readonly files: object
  readonly json: unknown
  readonly data: string
  readonly method: string
}

const echoOf = async (response: AnyResponse): Promise<Echo> => (await response.json()) as Echo

/** Holds that it fails with an error of ours that has this code, and gives it. */
async function failure(promise: Promise<unknown>, code: string): Promise<Error & Record<string, unknown>> {
  const error: unknown = await promise.then(
    () => assert.fail(`it did not fail with ${code}`),
    (reason) => reason,
  )
  assert.ok(isHttpError(error), String(error))
  assert.equal(error.code, code)
  return error as unknown as Error & Record<string, unknown>
}

const schema: StandardSchema<unknown, { origin: string }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'origin' in value
        ? { value: { origin: String(value.origin) } }
        : { issues: [{ message: 'no origin' }] },
  },
}

/** What a client does, whichever it is. */
export function clientContract(name: string, create: (options: AnyOptions) => AnyClient): void {
  suite(name, () => {
    let server: Awaited<ReturnType<typeof startHttpbinApart>>
    before(async () => {
      server = await startHttpbinApart()
    })
    after(() => server[Symbol.asyncDispose]())

    const client = (options: AnyOptions = {}): AnyClient => {
      return create({ baseUrl: server.url, logging: false, proxy: false, retry: false, ...options })
    }

    test('sends what it is given: queries, headers, JSON, forms, files, bytes', async () => {
      await using at = client({ headers: { 'x-team': 'a' }, params: { key: 1 } })
      const got = await echoOf(
        await at.request('GET', '/get', { params: { tags: ['a', 'b'] }, headers: { 'X-TEAM': 'b' } }),
      )
      assert.deepEqual(got.args, { key: '1', tags: ['a', 'b'] })
      assert.equal(got.headers['X-Team'], 'b')
      const anything = async (options: AnyOptions): Promise<Echo> =>
        echoOf(await at.request('POST', '/anything', options))
      assert.deepEqual((await anything({ json: { name: '张三', list: [1, null] } })).json, {
        name: '张三',
        list: [1, null],
      })
      assert.deepEqual((await anything({ form: { a: [1, 2], b: 'x y' } })).form, { a: ['1', '2'], b: 'x y' })
      assert.deepEqual((await anything({ form: new URLSearchParams('a=1') })).form, { a: '1' })
      assert.equal((await anything({ body: new TextEncoder().encode('bytes') })).data, 'bytes')
      assert.equal((await anything({ body: new Blob(['blob']) })).data, 'blob')
      assert.equal((await anything({ body: 'text', headers: new Headers({ 'x-own': '1' }) })).headers['X-Own'], '1')
      const file = { filename: 'a.txt', content: 'content', type: 'text/plain' }
      const sent = await anything({ multipart: { field: 'value', file } })
      assert.deepEqual([sent.form, sent.files], [{ field: 'value' }, { file: 'content' }])
      const form = new FormData()
      form.set('file', new File(['more'], 'b.txt'))
      assert.deepEqual((await anything({ body: form })).files, { file: 'more' })
    })

    test('gives what came: status, headers, text, bytes, JSON by a schema', async () => {
      await using at = client()
      const response = await at.request('GET', '/gzip', { path: {} })
      assert.equal(response.status, 200)
      assert.equal(response.ok, true)
      assert.equal(response.attempts, 1)
      assert.ok(response.elapsedMs > 0)
      assert.equal(response.headers.get('Content-Type'), 'application/json')
      assert.deepEqual(await response.json(schema), { origin: '127.0.0.1' })
      assert.match(await response.text(), /"gzipped":true/)
      assert.equal((await (await at.request('GET', '/bytes/3000')).bytes()).length, 3000)
      assert.equal(await (await at.request('HEAD', '/get')).text(), '')
      const mismatch = await failure((async () => (await at.request('GET', '/uuid')).json(schema))(), 'schema_mismatch')
      assert.deepEqual(mismatch.issues, [{ message: 'no origin' }])
      await failure((async () => (await at.request('GET', '/robots.txt')).json())(), 'invalid_json')
    })

    test('throws for a status only where that is wanted', async () => {
      await using at = client()
      const response = await at.request('GET', '/status/404')
      assert.equal(response.status, 404)
      const raised = await failure((async () => response.raiseForStatus())(), 'bad_status')
      assert.equal(raised.response, response)
      const thrown = await failure(at.request('GET', '/status/404', { throwOnError: true }), 'bad_status')
      assert.equal((thrown.response as AnyResponse).status, 404)
      assert.equal(thrown.thirdPartyStatus, 601)
    })

    test('follows redirections, and keeps cookies on the way', async () => {
      await using at = client({ cookies: true })
      const response = await at.request('GET', '/redirect/3')
      assert.equal(response.url, `${server.url}/get`)
      assert.equal(response.redirects.length, 3)
      assert.equal((await at.request('GET', '/redirect/1', { redirects: false })).status, 302)
      await failure(at.request('GET', '/redirect/5', { redirects: { max: 2 } }), 'too_many_redirects')
      assert.deepEqual(await (await at.request('GET', '/cookies/set?a=1')).json(), { cookies: { a: '1' } })
    })

    test('tries again as its options and their functions say', async () => {
      await using at = client()
      const waits: number[] = []
      const retry = {
        attempts: 3,
        budget: false,
        backoff: (attempt: number) => {
          waits.push(attempt)
          return 1
        },
      }
      assert.equal((await at.request('GET', '/status/503', { retry })).attempts, 3)
      assert.deepEqual(waits, [1, 2])
      const seen: (number | undefined)[] = []
      const retryByResult = (response: AnyResponse | undefined): boolean => {
        seen.push(response?.status)
        return response !== undefined && response.attempts < 3
      }
      assert.equal((await at.request('GET', '/get', { retry: { ...retry, retryByResult } })).attempts, 3)
      assert.deepEqual(seen, [200, 200, 200])
      const codes: unknown[] = []
      const retryByError = (error: { code: string }): boolean => {
        codes.push(error.code)
        return false
      }
      await failure(at.request('GET', 'http://127.0.0.1:1/', { retry: { ...retry, retryByError } }), 'connect_failed')
      assert.deepEqual(codes, ['connect_failed'])
    })

    test('runs interceptors, which may change requests, answers and errors', async () => {
      const calls: string[] = []
      const interceptor: HttpInterceptor = {
        beforeRequest(request) {
          calls.push(`before ${request.method} ${request.url.pathname} ${request.attempt}`)
          request.headers.set('x-added', 'yes')
          if (request.url.searchParams.has('elsewhere')) request.url.pathname = '/anything/elsewhere'
        },
        afterResponse: (response) => void calls.push(`after ${response.status}`),
        onError: (error) => void calls.push(`error ${error.code}`),
        onRetry: ({ attempt, status }) => void calls.push(`retry ${attempt} ${status}`),
        onDone: ({ status, attempts }) => void calls.push(`done ${status} ${attempts}`),
      }
      await using at = client({ retry: { attempts: 2, baseMs: 1 }, interceptors: [interceptor] })
      const { headers, args } = await echoOf(await at.request('GET', '/get?elsewhere=1'))
      assert.equal(headers['X-Added'], 'yes')
      assert.deepEqual(args, { elsewhere: '1' })
      await at.request('GET', '/status/503')
      await failure(at.request('POST', 'http://127.0.0.1:1/', { retry: false }), 'connect_failed')
      assert.deepEqual(calls, [
        'before GET /get 0',
        'after 200',
        'done 200 1',
        'before GET /status/503 0',
        'retry 1 503',
        'after 503',
        'done 503 2',
        'before POST / 0',
        'error connect_failed',
        'done undefined 1',
      ])
    })

    test('lets interceptors replace bodies and answers, and end a request by throwing', async () => {
      await using at = client()
      const own = { length: 3, type: 'text/plain', replayable: true, open: () => 'new' }
      {
        using _ = at.use({ beforeRequest: (request) => Object.assign(request, { body: own }) })
        assert.equal(
          (await echoOf(await at.request('POST', '/anything', { body: 'old', headers: { 'content-length': '3' } })))
            .data,
          'new',
        )
      }
      {
        const seen: string[] = []
        using _ = at.use({
          beforeRequest: ({ body }) => {
            seen.push(String(body?.open()))
          },
        })
        assert.deepEqual((await echoOf(await at.request('POST', '/anything', { json: { a: 1 } }))).json, { a: 1 })
        assert.deepEqual(seen, ['{"a":1}'])
      }
      const other = await at.request('GET', '/status/204')
      {
        using _ = at.use({ afterResponse: () => other as never })
        assert.equal((await at.request('GET', '/get')).status, 204)
      }
      {
        using _ = at.use({
          beforeRequest: () => {
            throw new TypeError('no')
          },
        })
        const error = await failure(at.request('GET', '/get'), 'internal')
        assert.equal((error.cause as Error).message, 'no')
        assert.equal((error.cause as Error).name, 'TypeError')
      }
      assert.equal((await at.request('GET', '/get')).status, 200)
    })

    test('asks interceptors that are objects of a class, and for each attempt those that want that', async () => {
      class Counter implements HttpInterceptor {
        readonly scope = 'attempt'
        attempts = 0
        beforeRequest(): void {
          this.attempts++
        }
      }
      const counter = new Counter()
      await using at = client({ interceptors: [counter], retry: { attempts: 3, baseMs: 1 } })
      await at.request('GET', '/status/500')
      assert.equal(counter.attempts, 3)
    })

    test('sends the id of the request that it is part of, in whatever spelling it was given', async () => {
      await using at = client({ requestId: () => 'made-up' })
      const idOf = async (options?: AnyOptions): Promise<string | undefined> => {
        return (await echoOf(await at.request('GET', '/get', options))).headers['X-Request-Id']
      }
      assert.equal(await idOf(), 'made-up')
      assert.equal(await idOf({ headers: { 'X-REQUEST-ID': 'given' } }), 'given')
      await using plain = client()
      const carried = await requestContext.run({ requestId: 'incoming' }, async () => {
        return (await echoOf(await plain.request('GET', '/get'))).headers['X-Request-Id']
      })
      assert.equal(carried, 'incoming')
    })

    test('gives responses for failures with the habits of document 004', async () => {
      await using at = client({ preset: fastkit })
      const refused = await at.request('GET', 'http://127.0.0.1:1/')
      assert.equal(refused.status, 603)
      assert.match(await refused.text(), /connect_failed/)
      await failure((async () => refused.raiseForStatus())(), 'connect_failed')
    })

    test('ends what takes too long, with the phase in the code', async () => {
      await using at = client()
      await failure(at.request('GET', '/delay/5', { timeout: { firstByte: 100 } }), 'first_byte_timeout')
      await failure(at.request('GET', '/delay/5', { timeout: { total: 100 } }), 'total_timeout')
      const drip = at.request('GET', '/drip?duration=10&numbytes=2', { timeout: { read: 100 } })
      const error = await failure(drip, 'read_timeout')
      assert.equal(error.retryable, true)
      assert.equal(error.attempt, 1)
    })

    test('refuses requests and options that make no sense', async () => {
      await using at = client()
      await failure(at.request('GET', 'ftp://a.example/'), 'invalid_request')
      await failure(at.request('GET', '/get', { headers: { 'a b': 'c' } }), 'invalid_request')
      await failure(at.request('GET', 'http://10.0.0.1/', { retry: { attempts: 0 } }), 'invalid_option')
      assert.throws(() => client({ tls: { pins: ['short'] } }), { code: 'invalid_option' })
      assert.throws(() => client({ baseUrl: 'nowhere' }), { code: 'invalid_option' })
    })

    test('keeps out of private networks', async () => {
      await using at = client({ guard: {} })
      await failure(at.request('GET', '/get'), 'address_blocked')
    })

    test('has no secret in its errors', async () => {
      await using at = client({ secrets: ['x-house-key'] })
      const headers = { authorization: 'Bearer canary', 'x-house-key': 'canary' }
      const error = await failure(at.request('GET', 'http://127.0.0.1:1/?token=canary', { headers }), 'connect_failed')
      assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /canary/)
      const response = await at.request('GET', '/get?token=canary', { headers })
      assert.doesNotMatch(JSON.stringify(response.request), /canary/)
      assert.ok(isSecretName('authorization'))
    })

    test('measures, and logs where it is told to', async () => {
      const lines: string[] = []
      const logger = {
        debug: () => undefined,
        info: (line: string) => lines.push(line),
        warn: (line: string) => lines.push(line),
        error: (line: string) => lines.push(line),
      }
      await using at = client({ logging: true, logger })
      await at.request('GET', '/get?token=canary')
      await at.request('GET', '/status/404')
      await at.request('GET', 'http://127.0.0.1:1/').catch(() => undefined)
      assert.deepEqual(
        lines.map((line) => line.replace(/ in \d+ ms| after \d+ ms/, '').replace(server.url, '')),
        [
          'GET /get?token=[redacted] was answered with 200',
          'GET /status/404 was answered with 404',
          'GET http://127.0.0.1:1/ failed: connect_failed',
        ],
      )
      const report = at.metrics()
      assert.equal(report.total, 3)
      assert.deepEqual(
        report.records.map(({ status, error }) => status ?? error),
        [200, 404, 'connect_failed'],
      )
      assert.equal(report.byUrl().size, 3)
    })

    test('is extended by options on top of its own', async () => {
      await using at = client({ headers: { 'x-one': '1' } })
      await using more = at.extend({ headers: { 'x-two': '2' } })
      const { headers } = await echoOf(await more.request('GET', '/get'))
      assert.deepEqual([headers['X-One'], headers['X-Two']], ['1', '2'])
    })

    test('downloads to a file and uploads one', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'posthouse-contract-'))
      try {
        await using at = client()
        const seen: number[] = []
        const onProgress = ({ transferred }: { transferred: number }) => seen.push(transferred)
        const done = await at.download('/range/2600', join(folder, 'file'), { onProgress })
        assert.equal(done.bytes, 2600)
        assert.equal(await readFile(join(folder, 'file'), 'utf8'), 'abcdefghijklmnopqrstuvwxyz'.repeat(100))
        assert.equal(seen.at(-1), 2600)
        await writeFile(join(folder, 'up'), 'to be sent')
        assert.equal((await echoOf(await at.upload('/put', join(folder, 'up')))).data, 'to be sent')
      } finally {
        await rm(folder, { recursive: true })
      }
    })

    test('takes no more requests once it is closed', async () => {
      const at = client()
      await at.request('GET', '/get')
      await at.close()
      await at.close()
      await failure(at.request('GET', '/get'), 'closed')
    })
  })
}
