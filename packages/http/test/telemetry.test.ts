import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import {
  type Attributes,
  HttpHeaders,
  IncomingBody,
  openTelemetry,
  type SpanLike,
  type Transport,
} from '../src/index.ts'
import { failure, quietClient } from './quiet.ts'

const answers =
  (...statuses: number[]): Transport =>
  async (hop) => {
    const status = statuses.length > 1 ? (statuses.shift() ?? 200) : (statuses[0] ?? 200)
    if (status === 0) throw new Error('no network')
    const headers = new HttpHeaders({ parent: hop.headers.get('traceparent', '') })
    return { status, statusText: '', headers, body: IncomingBody.of(new Uint8Array()) }
  }

test('requests are published on diagnostics channels under the names of OpenTelemetry', async () => {
  const messages: [name: string | symbol, message: Record<string, unknown>][] = []
  const listen = (message: unknown, name: string | symbol): void => {
    messages.push([name, message as Record<string, unknown>])
  }
  const names = ['start', 'retry', 'end'].map((name) => `posthouse.http.request.${name}`)
  for (const name of names) subscribe(name, listen)
  try {
    const client = quietClient({ transport: answers(503, 404), retry: { attempts: 2, baseMs: 0 } })
    await client.get('https://h:8443/users/{id}?api_key=hush', { path: { id: 7 }, headers: { 'x-request-id': 'r' } })
  } finally {
    for (const name of names) unsubscribe(name, listen)
  }
  assert.deepEqual(
    messages.map(([name]) => name),
    names,
  )
  const [, end] = messages[2] ?? []
  assert.deepEqual(end?.attributes, {
    'http.request.method': 'GET',
    'server.address': 'h',
    'server.port': 8443,
    'url.full': 'https://h:8443/users/7?api_key=[redacted]',
    'url.template': 'https://h:8443/users/{id}',
    'http.response.status_code': 404,
    'error.type': '404',
    'http.request.resend_count': 1,
  })
  assert.equal(end?.id, 'r')
  assert.equal(messages[1]?.[1].status, 503)
})

test('OpenTelemetry gets a span and a duration of each request, and the server the context of the span', async () => {
  const log: unknown[] = []
  const measured: [number, Attributes][] = []
  const span: SpanLike = {
    setAttributes: (attributes) => log.push(attributes),
    setStatus: (status) => log.push(status),
    addEvent: (name) => log.push(name),
    spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
    end: () => log.push('end'),
  }
  const telemetry = openTelemetry({
    tracer: {
      startSpan: (name, { kind }) => {
        log.push(name, kind)
        return span
      },
    },
    meter: {
      createHistogram: (name, { unit }) => {
        log.push(name, unit)
        return { record: (value, attributes) => void measured.push([value, attributes]) }
      },
    },
  })
  const client = quietClient({ transport: answers(200, 0), interceptors: [telemetry] })
  const response = await client.get('http://h/')
  assert.equal(response.headers.get('parent'), `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`)
  await failure(client.get('http://h/'), 'internal')
  assert.deepEqual(log, [
    'http.client.request.duration',
    's',
    'GET',
    2,
    { 'http.response.status_code': 200 },
    'end',
    'GET',
    2,
    { 'error.type': 'internal' },
    { code: 2 },
    'end',
  ])
  const [first, second] = measured
  assert.ok(first !== undefined && first[0] >= 0 && first[0] < 10)
  assert.deepEqual(second?.[1], {
    'http.request.method': 'GET',
    'server.address': 'h',
    'server.port': 80,
    'error.type': 'internal',
  })
})
