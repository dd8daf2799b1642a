import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { createNode } from 'posthouse'
import { metricsText } from '../src/node/metrics/metric.ts'

const sampleForm =
  /^[a-z_:][a-z0-9_:]*(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? (NaN|[+-]Inf|[-+.\de]+)$/

const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')

describe('metrics', () => {
  test('tell what went through a node, and name no client', async () => {
    await using node = createNode({ env: 'test' })
    const { url, port } = await node.listen({ port: 0 })
    await using alice = new HubClient({ url, clientId: 'alice-of-wonderland' })
    await using bob = new HubClient({ url, clientId: 'bob' })
    const came = Promise.withResolvers<void>()
    bob.on('*', () => came.resolve())
    await bob.connect()
    await alice.connect()
    await alice.send('bob', 'hello')
    await came.promise
    await alice.send('queue:jobs', 'dig')
    await alice.send('nobody', 'hello').catch(() => undefined)
    const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    await read()
    const text = await read()
    const lines = text.trim().split('\n')
    for (const line of lines.filter((each) => !each.startsWith('#'))) assert.match(line, sampleForm)
    const names = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.ok(operations.includes(`\`${name}\``), `docs/operations.md names ${name}`)
    for (const wanted of [
      /^posthouse_published_stored_total 3$/m,
      /^posthouse_refused_total\{code="unknown_recipient"\} 1$/m,
      /^posthouse_clients_connected\{dialect="json"\} 2$/m,
      /^posthouse_clients_connected\{dialect="cross_comm"\} 0$/m,
      /^posthouse_queue_messages\{queue="jobs"\} 1$/m,
      /^posthouse_accept_duration_seconds_bucket\{le="\+Inf"\} [1-9]/m,
      /^posthouse_deliver_duration_seconds_count [1-9]/m,
      /^posthouse_store_duration_seconds_bucket\{le="0\.0001"\} \d+$/m,
      /^posthouse_acknowledge_duration_seconds_sum /m,
      /^posthouse_event_loop_delay_seconds\{stat="p99"\} /m,
      /^posthouse_http_requests_total\{door="api",status="2xx"\} 1$/m,
    ]) {
      assert.match(text, wanted)
    }
    assert.doesNotMatch(text, /wonderland|"bob"/)
  })

  test('write what labels hold so that it can be read again', () => {
    const samples = [{ labels: { queue: 'a"b\\c\nd' }, value: 1 }]
    const text = metricsText([{ name: 'x', help: 'two\nlines', type: 'gauge', samples }])
    assert.equal(text, '# HELP x two\\nlines\n# TYPE x gauge\nx{queue="a\\"b\\\\c\\nd"} 1\n')
  })
})

test('a node is ready until it drains', async () => {
  await using node = createNode({ env: 'test' })
  await node.listen({ port: 0 })
  assert.equal((await node.api.inject('/readyz')).status, 200)
  assert.equal((await node.api.inject('/healthz')).text, '{"status":"ok"}')
  const drained = node.drain()
  const { status } = await node.api.inject('/readyz')
  assert.equal(status, 503)
  await drained
})
