import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { type Logger, ManualClock, MemoryBlobStore, silentLogger } from '@posthouse/core'
import { Files } from '@posthouse/files'
import { Hub } from '@posthouse/hub'
import { procedure } from '@posthouse/rpc'
import { openCallStore } from '@posthouse/store/calls'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { createNode, filesDoor } from 'posthouse'
import { z } from 'zod'
import { tusHeaders, type Upload } from '../../files/test/start-files.ts'
import { callsDoor } from '../src/node/calls-door.ts'
import { metricsText } from '../src/node/metrics/metric.ts'
import { temporaryFolder } from './temporary-folder.ts'

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

  test('tell of files and of calls what their doors count', async () => {
    const files = new Files({ store: new MemoryBlobStore() })
    const hub = new Hub({ files })
    const calls = callsDoor({ hub, procedures: { double: procedure({ input: z.number() }, (n) => n * 2) } })
    await using node = createNode({ env: 'test', hub, doors: [filesDoor(files), calls] })
    const { url, port } = await node.listen({ port: 0 })
    const at = (path: string): string => new URL(path, `http://127.0.0.1:${port}`).href
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    assert.equal(await alice.request('hub', 'double', 21), 42)
    for (const api of ['double', 'double', 'treble']) {
      const body = JSON.stringify({ api, data: 1, request_id: '1' })
      const headers = {
        'content-type': 'application/json',
        'posthouse-caller': 'a-secret-of-mine-that-is-long-enough',
      }
      await (await fetch(at('/api/call'), { method: 'POST', headers, body })).arrayBuffer()
    }
    const upload = (await alice.request('hub', 'files.upload', { name: 'a.txt', size: 5 })) as Upload
    const length = { 'upload-length': '5', 'content-type': 'application/offset+octet-stream' }
    const sent = { method: 'POST', headers: tusHeaders(upload.token, length), body: 'hello' }
    assert.equal((await fetch(at(upload.url), sent)).status, 201)
    const stored = (await alice.request('hub', 'files.url', { key: upload.key })) as { readonly url: string }
    assert.equal(await (await fetch(at(stored.url))).text(), 'hello')
    assert.equal((await fetch(at('/files/nothing'))).status, 401)
    const text = await (await fetch(at('/metrics'))).text()
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm)) assert.ok(operations.includes(`\`${name}\``), name)
    for (const wanted of [
      /^posthouse_procedure_calls_total\{procedure="double",outcome="ok"\} 2$/m,
      /^posthouse_procedure_calls_total\{procedure="double",outcome="remembered"\} 1$/m,
      /^posthouse_procedure_calls_refused_total\{code="no_handler"\} 1$/m,
      /^posthouse_callback_attempts_total\{outcome="failed"\} 0$/m,
      /^posthouse_file_bytes_total\{direction="in"\} 5$/m,
      /^posthouse_file_bytes_total\{direction="out"\} 5$/m,
      /^posthouse_file_transfers\{direction="in"\} 0$/m,
      /^posthouse_file_errors_total\{code="unauthenticated"\} 1$/m,
    ]) {
      assert.match(text, wanted)
    }
    assert.doesNotMatch(text, /alice|treble/)
  })

  test('write what labels hold so that it can be read again', () => {
    const samples = [{ labels: { queue: 'a"b\\c\nd' }, value: 1 }]
    const text = metricsText([{ name: 'x', help: 'two\nlines', type: 'gauge', samples }])
    assert.equal(text, '# HELP x two\\nlines\n# TYPE x gauge\nx{queue="a\\"b\\\\c\\nd"} 1\n')
  })
})

describe('a node is ready', () => {
  test('until it drains, and goes on for a while before its port closes', async () => {
    const clock = new ManualClock()
    await using node = createNode({ env: 'test', clock, drainDelayMs: 5000 })
    const { url, port } = await node.listen({ port: 0 })
    const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status
    assert.equal(await ready(), 200)
    assert.equal((await node.api.inject('/healthz')).text, '{"status":"ok"}')
    const drained = node.drain()
    assert.equal(await ready(), 503)
    await using late = new HubClient({ url, clientId: 'late' })
    await late.connect()
    clock.advance(5000)
    await drained
    await assert.rejects(ready())
  })

  test('where its options are such that exist and make sense', () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ drainDelayMs: -1 }, /^createNode: drainDelayMs must be a number from 0, not -1$/],
      [{ drainDelayMs: Number.POSITIVE_INFINITY }, /drainDelayMs must be a number from 0/],
      [{ metrics: 'of' }, /^createNode: metrics must be one of admin, open, off, not "of"$/],
      [{ administrate: false }, /^createNode has no option administrate, only hub, /],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => createNode(options), { code: 'invalid_option', message })
    }
  })

  test('while it can store messages, files and calls, says what it cannot, and tells its log alone why', async () => {
    await using folder = await temporaryFolder()
    const told: unknown[] = []
    const logger: Logger = { ...silentLogger, error: (message, fields) => void told.push([message, fields?.reason]) }
    await using store = await openSqliteStore({ path: folder.path('posthouse.db') })
    await using fileStore = await openDiskBlobStore({ folder: folder.path('files') })
    const hub = new Hub({ store })
    const calls = callsDoor({ hub, procedures: {}, store: openCallStore({ path: folder.path('calls.db') }) })
    await using node = createNode({
      env: 'test',
      hub,
      logger,
      doors: [filesDoor(new Files({ store: fileStore })), calls],
    })
    await node.start()
    const ready = async (): Promise<unknown> => {
      const { status, text } = await node.api.inject('/readyz')
      assert.doesNotMatch(text, /\.db/)
      const { code, failing, detail } = JSON.parse(text)
      return [status, code, failing, detail]
    }
    assert.deepEqual(await ready(), [200, undefined, undefined, undefined])
    const paths = { messages: 'posthouse.db', files: 'files/files.db', calls: 'calls.db' }
    for (const [what, name] of Object.entries(paths)) {
      await rename(folder.path(name), folder.path('gone'))
      const detail = `This node cannot store ${what} now; its log says why`
      for (let time = 0; time < 2; time++) assert.deepEqual(await ready(), [503, 'store_failed', [what], detail])
      assert.match(
        JSON.stringify(told.splice(0)),
        new RegExp(`^.."${what} cannot be stored, [^[]*was removed or replaced`),
      )
      await rename(folder.path('gone'), folder.path(name))
      assert.deepEqual(await ready(), [200, undefined, undefined, undefined])
    }
  })
})
