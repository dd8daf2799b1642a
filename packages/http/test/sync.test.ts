import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { fastkit } from '@posthouse/http'
import {
  createSyncHttpClient,
  requests,
  type SyncHttpClient,
  type SyncHttpClientOptions,
  type SyncHttpResponse,
} from '@posthouse/http/sync'
import { startHttpbinApart } from '../../../tests/httpbin/apart.ts'
import { type AnyClient, clientContract } from './client-contract.ts'
import { startServer } from './servers.ts'
import { startTus } from './tus-process.ts'

function wrapped(client: SyncHttpClient): AnyClient {
  return {
    request: async (method, url, options) => client.request(method, url, options),
    download: async (url, path, options) => client.download(url, path, options),
    upload: async (url, path, options) => client.upload(url, path, options),
    use: (interceptor) => client.use(interceptor),
    extend: (options) => wrapped(client.extend(options)),
    metrics: () => client.metrics(),
    close: () => client.close(),
    [Symbol.asyncDispose]: async () => client.close(),
  }
}

clientContract('the synchronous client', (options) => wrapped(createSyncHttpClient(options as SyncHttpClientOptions)))

const quiet = { logging: false, proxy: false, retry: false } as const

suite('only the synchronous client', () => {
  test('is ready without a set-up, as document 004 has it', async () => {
    await using server = await startHttpbinApart()
    const written: string[] = []
    const { write } = process.stderr
    process.stderr.write = (line) => written.push(String(line)) > 0
    try {
      const response = requests.post(`${server.url}/post`, { json: { key: 'value' } })
      assert.equal(response.status, 200)
      assert.deepEqual(response.json<{ json: unknown }>().json, { key: 'value' })
      assert.equal(requests.get('http://127.0.0.1:1/', { retry: false }).status, 603)
      requests.close()
      assert.equal(requests.head(`${server.url}/get`).status, 200)
    } finally {
      process.stderr.write = write
      requests.close()
    }
    assert.match(written.join(''), /INFO {2}POST .*\/post was answered with 200/)
  })

  test('cannot reach a server of its own thread, and says why', async () => {
    await using server = await startServer((_, response) => void response.end('too late'))
    using client = createSyncHttpClient(quiet)
    assert.throws(() => client.get(server.url, { timeout: { firstByte: 100 } }), {
      code: 'first_byte_timeout',
      message: /a server in the thread that waits cannot answer/,
    })
  })

  test('sends requests from within its hooks', async () => {
    await using server = await startHttpbinApart()
    using token = createSyncHttpClient({ ...quiet, baseUrl: server.url })
    using client = createSyncHttpClient({
      ...quiet,
      baseUrl: server.url,
      interceptors: [
        {
          beforeRequest: (request) => {
            const { uuid } = token.get('/uuid').json<{ uuid: string }>()
            request.headers.set('authorization', `Bearer ${uuid}`)
          },
        },
      ],
    })
    assert.match(client.get('/bearer').json<{ token: string }>().token, /^[0-9a-f-]{36}$/)
    const retryByResult = (): boolean => token.get('/get').ok
    const stuck = { code: 'invalid_option', message: /from within/ }
    assert.throws(() => token.get('/get', { retry: { attempts: 2, retryByResult } }), stuck)
    assert.equal(token.get('/get').status, 200)
  })

  test('refuses what would have to be awaited', () => {
    const never = createSyncHttpClient(quiet)
    const wrong: readonly object[] = [
      { transport: async () => undefined },
      { hops: [] },
      { policies: [] },
      { clock: {} },
      { cookies: { getCookieString: async () => '', setCookie: async () => undefined } },
      { dns: { resolve: async () => [] } },
      { interceptors: {} },
      { interceptors: [{ before_request: () => undefined }] },
      { retry: { statuses: 5 } },
    ]
    for (const options of wrong) {
      assert.throws(() => createSyncHttpClient(options as SyncHttpClientOptions), { code: 'invalid_option' })
    }
    const streams = [new ReadableStream(), (async function* () {})(), process.stdin]
    for (const body of streams) {
      assert.throws(() => never.post('http://127.0.0.1:1/', { body } as object), { code: 'invalid_option' })
    }
    const signal = AbortSignal.timeout(1_000)
    assert.throws(() => never.get('http://127.0.0.1:1/', { signal } as object), { code: 'invalid_option' })
    using _ = never.use({ beforeRequest: async () => undefined })
    assert.throws(() => never.get('http://127.0.0.1:1/'), { code: 'invalid_option', message: /promise/ })
  })

  test("tries again as document 004's custom retries say, and then gives 606", async () => {
    await using server = await startHttpbinApart()
    const asked: (number | undefined)[] = []
    using client = createSyncHttpClient({
      ...quiet,
      preset: fastkit,
      headers: { 'content-type': 'application/json' },
      retry: {
        attempts: 3,
        totalMs: 60_000,
        baseMs: 1,
        multiplier: 2,
        capMs: 10,
        retryByResult: (response) => {
          asked.push(response?.status)
          return response === undefined || [429, 500, 502, 503, 504].includes(response.status)
        },
        retryByError: ['connect_failed'],
      },
    })
    const response = client.get(`${server.url}/status/503`, { params: { param1: 'value1' } })
    assert.equal(response.status, 606)
    assert.equal(response.attempts, 3)
    assert.match(response.text(), /503/)
    assert.equal(client.get('http://127.0.0.1:1/').status, 603)
    assert.deepEqual(asked, [503, 503, 503, undefined, undefined, undefined])
    assert.equal(client.get(`${server.url}/get`).status, 200)
  })

  test('goes through pages and their items, and waits for no promise of a function', async () => {
    await using server = await startHttpbinApart()
    using client = createSyncHttpClient({ ...quiet, baseUrl: server.url })
    const itemsOf = (page: SyncHttpResponse): readonly number[] => page.json<{ items: number[] }>().items
    assert.deepEqual([...client.items('/pages/2', { items: itemsOf })], [0, 1, 2, 3, 4, 5])
    const [first, ...others] = client.pages('/pages/1', { params: { last: 3 } })
    assert.equal(first?.status, 200)
    assert.equal(others.length, 2)
    assert.throws(() => [...client.pages('/pages/1', { maxPages: 1 })], { code: 'limit_reached' })
    assert.throws(() => client.pages('/pages/1', { maxPages: 0 }), { code: 'invalid_option' })
    const late = async (): Promise<undefined> => undefined
    assert.throws(() => [...client.pages('/pages/1', { next: late as never })], {
      code: 'invalid_option',
      message: /promise/,
    })
  })

  test('follows events, and ends their connection when their reader leaves', async () => {
    await using server = await startHttpbinApart()
    using client = createSyncHttpClient({ ...quiet, baseUrl: server.url })
    const reconnect = { delayMs: 1, maxDelayMs: 5 }
    const events = [...client.events('/sse?total=5&count=2', { reconnect })]
    assert.deepEqual(
      events.map(({ id }) => id),
      ['1', '2', '3', '4', '5'],
    )
    for (const { id } of client.events('/sse?total=9', { retry: { attempts: 2, retryByResult: () => false } })) {
      assert.equal(id, '1')
      break
    }
    assert.equal(client.stats.running, 0)
    assert.throws(() => [...client.events('/get', { reconnect: false })], { code: 'bad_response' })
    assert.throws(() => [...client.events('/sse', { reconect: false } as object)], { code: 'invalid_option' })
  })

  test('sends a file that goes on where a server has come', async () => {
    await using at = await temporaryUpload()
    using client = createSyncHttpClient({ ...quiet })
    assert.match(client.upload(at.url, at.path, { resume: { chunkBytes: 400_000 } }).url, /-1000000$/)
    assert.deepEqual(await at.stored(), await readFile(at.path))
  })

  test('works in a worker thread too, says when its own has ended, and a new client gets another', async () => {
    await using server = await startHttpbinApart()
    const workerData = { ...quiet, baseUrl: server.url }
    const worker = new Worker(new URL('./sync-thread.ts', import.meta.url), { workerData })
    const [[said], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
    const message =
      'PosthouseError: the thread of the synchronous client has ended, and its clients with it; make a new one'
    assert.deepEqual(said, [200, message, 200, 2])
    assert.equal(code, 0)
  })

  test('leaves the other requests of its thread alone when a hook throws', async () => {
    await using server = await startHttpbinApart()
    using client = createSyncHttpClient({ ...quiet, baseUrl: server.url })
    for (let round = 0; round < 20; round++) {
      using _ = client.use({
        afterResponse: () => {
          throw new Error('no')
        },
      })
      assert.throws(() => client.get('/get'))
    }
    assert.equal(client.get('/get').status, 200)
    assert.equal(client.stats.running, 0)
  })

  test('lets the program end', async () => {
    const program = `
      import { createSyncHttpClient } from '@posthouse/http/sync'
      const client = createSyncHttpClient({ logging: false, proxy: false, retry: false })
      try { client.get('http://127.0.0.1:1/') } catch (error) { console.log(error.code) }
    `
    const args = ['--conditions=@posthouse/source', '--input-type=module-typescript', '-']
    const child = spawn(process.execPath, args, { cwd: import.meta.dirname })
    child.stdin.end(program)
    const [output, errors, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    assert.equal(errors, '')
    assert.equal(output, 'connect_failed\n')
    assert.equal(status, 0)
  })
})

/** A file, and a server of tus in a process of its own that can keep it. */
async function temporaryUpload(): Promise<AsyncDisposable & { url: string; path: string; stored(): Promise<Buffer> }> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-sync-upload-'))
  const path = join(folder, 'file')
  await writeFile(path, randomBytes(1_000_000))
  const [child, port] = await startTus(folder)
  return {
    url: `http://127.0.0.1:${port}/`,
    path,
    stored: () => readFile(join(folder, '1-1000000')),
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}
