import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Logger } from '@posthouse/core'
import { createHttpClient, HarRecorder, type HttpClient, toCurl } from '../src/index.ts'
import { memoryTransport } from '../src/testing.ts'
import { quietClient } from './quiet.ts'
import { answering, startRaw } from './raw-server.ts'
import { startServer } from './servers.ts'

const canary = 'canary-9c1f77e2'

const channels = ['start', 'retry', 'end'].map((name) => `posthouse.http.request.${name}`)

/** Everything that comes out of a client but the responses. */
interface Sinks {
  readonly client: HttpClient
  readonly recorder: HarRecorder
  readonly text: () => string
}

function watchedClient(proxy: string | false = false): Sinks & Disposable {
  const sunk: unknown[] = []
  const write =
    (level: string) =>
    (message: string, fields?: object): void =>
      void sunk.push(level, message, fields)
  const logger: Logger = { debug: write('d'), info: write('i'), warn: write('w'), error: write('e') }
  const listen = (message: unknown): void => void sunk.push(message)
  for (const name of channels) subscribe(name, listen)
  const recorder = new HarRecorder({ bodies: true })
  const client = createHttpClient({
    proxy,
    logging: { level: 'debug', logger, maxBodyChars: 1e6, maxHeadersChars: 1e6, maxParamsChars: 1e6 },
    retry: { attempts: 2, baseMs: 0, methods: 'any' },
    cookies: true,
    hops: [recorder.interceptor],
    headers: { 'x-api-key': canary },
  })
  return {
    client,
    recorder,
    text: () => inspect([sunk, client.metrics(), client.metrics().byUrl()], { depth: 20, maxStringLength: null }),
    [Symbol.dispose]: () => {
      for (const name of channels) unsubscribe(name, listen)
    },
  }
}

/** Answers with all that it got, which is the worst that a server can do. */
function repeat(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(request.url === '/down' ? 503 : 200, {
      'content-type': 'application/json',
      'set-cookie': `session=${canary}`,
    })
    response.end(JSON.stringify({ headers: request.headers, url: request.url, body: Buffer.concat(chunks).toString() }))
  })
}

const secretRequest = {
  params: { access_token: canary, page: 1 },
  headers: { Authorization: `Bearer ${canary}`, Cookie: `sid=${canary}`, 'Proxy-Authorization': canary },
  json: { user: 'ada', password: canary, nested: [{ apiKey: canary, client_secret: canary }] },
} as const

test('a secret appears in no log, metric, channel or archive', async () => {
  await using server = await startServer(repeat)
  using sinks = watchedClient()
  const { client, recorder } = sinks
  await client.post(`${server.url.replace('//', `//user:${canary}@`)}/users`, secretRequest)
  await client.get(`${server.url}/down?api_key=${canary}`)
  await client.post(server.url, { form: { password: canary, name: 'ada' } })
  assert.equal(client.metrics().total, 3)
  const text = sinks.text()
  assert.ok(text.includes('/users'))
  assert.ok(!text.includes(canary), around(text))
  const requests = JSON.stringify(recorder.har().log.entries.map(({ request }) => request))
  assert.ok(requests.includes('/users'))
  assert.ok(!requests.includes(canary), around(requests))
  const curl = toCurl({ method: 'GET', url: `${server.url}?token=${canary}`, headers: secretRequest.headers })
  assert.ok(!curl.includes(canary), curl)
  await client.close()
})

test('a secret in a form of files, in the key of an API or in the address of a proxy appears nowhere', async () => {
  await using server = await startServer(repeat)
  for (const proxy of [server.url, 'http://127.0.0.1:1']) {
    using sinks = watchedClient(proxy.replace('//', `//user:${canary}@`))
    const { client, recorder } = sinks
    const multipart = { password: canary, file: { filename: 'a.txt', type: 'text/plain', content: canary } }
    const form = new FormData()
    form.set('token', canary)
    const asked = [
      client.post(`http://a.example/files?key=${canary}`, { multipart }),
      client.post('http://a.example/files', { body: form }),
      client.get(`https://a.example/files?key=${canary}`),
    ]
    const outcomes = await Promise.allSettled(asked)
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    assert.equal(errors.length, proxy === server.url ? 1 : 3)
    const requests = recorder.har().log.entries.map(({ request, _error }) => [request, _error])
    const text = `${sinks.text()} ${inspect(errors, { depth: 20 })} ${JSON.stringify(errors)} ${JSON.stringify(requests)}`
    assert.ok(text.includes('/files?key=[redacted]'))
    assert.ok(!text.includes(canary), around(text))
    await client.close()
  }
})

test('a secret appears in no request that an interceptor prints or writes as JSON', async () => {
  let text = ''
  const show = (request: unknown): void => {
    text += `${inspect({ request }, { depth: 20 })} ${JSON.stringify(request)} `
  }
  const interceptor = {
    beforeRequest: show,
    onStart: show,
    onRetry: show,
    onDone: show,
    afterResponse: (_: unknown, sent: object) => show(sent),
  }
  const transport = memoryTransport(({ attempt }) => ({ status: attempt === 1 ? 503 : 200 }))
  await using client = quietClient({
    transport,
    retry: { baseMs: 0 },
    secrets: ['x-team'],
    interceptors: [interceptor],
  })
  await client.put(`http://h/?token=${canary}`, {
    ...secretRequest,
    headers: { ...secretRequest.headers, 'x-team': canary },
  })
  assert.ok(!text.includes(canary), text)
  assert.match(text, /PUT.*http:\/\/h\/\?token=\[redacted\]/s)
})

test('a secret appears in no error, whatever went wrong', async () => {
  await using lost = await startRaw((socket) => socket.once('data', () => socket.resetAndDestroy()))
  await using odd = await startRaw(answering(`${canary} is no HTTP\r\n\r\n`))
  await using circle = await startServer((_, response) => {
    response.writeHead(302, { location: `/?token=${canary}`, 'set-cookie': `a=${canary}` }).end()
  })
  await using missing = await startServer((_, response) => {
    response.writeHead(404, { 'x-auth-token': canary }).end('nothing here')
  })
  using sinks = watchedClient()
  const { client } = sinks
  const urls = [
    `http://127.0.0.1:${lost.port}/`,
    `http://127.0.0.1:${odd.port}/`,
    circle.url,
    missing.url,
    'http://127.0.0.1:1/',
    `http://${canary}@/`,
    `/relative?token=${canary}`,
    `ftp://user:${canary}@h/`,
  ]
  for (const url of urls) {
    const error: unknown = await client
      .post(url, { ...secretRequest, throwOnError: true })
      .catch((thrown: unknown) => thrown)
    assert.ok(error instanceof Error, url)
    const text = inspect(error, { depth: 20, maxStringLength: null }) + JSON.stringify(error)
    assert.ok(!text.includes(canary), `${url}: ${around(text)}`)
  }
  const bad = await client
    .get(missing.url, { headers: { 'x-token': `${canary}\n` } })
    .catch((thrown: unknown) => thrown)
  assert.ok(!inspect(bad, { depth: 20 }).includes(canary))
  assert.ok(!sinks.text().includes(canary), around(sinks.text()))
  await client.close()
})

function around(text: string): string {
  const at = text.indexOf(canary)
  return text.slice(Math.max(0, at - 300), at + 100)
}
