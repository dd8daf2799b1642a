import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { parse } from 'yaml'
import { CrossCommClient } from './cross-comm-peer.ts'
import { RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub, visit } from './start-hub.ts'

const venv = process.env.POSTHOUSE_PYTHON_PEERS ?? join(import.meta.dirname, '../../../.cache/python-peers')
const python = join(venv, 'bin/python')
const skip = existsSync(python) ? false : 'the original Python library is not installed: bash tests/interop/install.sh'

/** A folder for one status file. */
async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'posthouse-status-'))
  const file = join(path, 'cross_comm_clients.yaml')
  return { path, file, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Waits until the file says what is wanted. It is replaced as a whole: whatever is read is complete. */
async function written(file: string, wanted: (text: string) => boolean): Promise<string> {
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((resolve) => setImmediate(resolve))) {
    const text = existsSync(file) ? await readFile(file, 'utf8') : ''
    if (wanted(text)) return text
  }
  throw new Error(`${file} was not written: ${existsSync(file) && (await readFile(file, 'utf8'))}`)
}

const odd = [
  '123',
  'true',
  'a: b',
  '0o17',
  '1e3',
  '1:30',
  'yes',
  'No',
  'on',
  'y',
  'null',
  '~',
  '=',
  '<<',
  '2001-01-01',
  '.5',
]
const odder = [
  "o'k",
  '"q"',
  '#x',
  '- x',
  '? x',
  '{x}',
  '&x',
  '*x',
  '!x',
  '%x',
  '@x',
  '`x',
  ' lead',
  'trail ',
  '设备 1',
  '🚀',
]
const oddest = [
  '\u2028x',
  '\ufeffx',
  '\ufffe',
  '\u00a0',
  'e\u0301',
  'x'.repeat(128),
  '\u200b'.repeat(128),
  '\\n',
  '-',
  '--- x',
]
const ids = [...odd, ...odder, ...oddest]

suite('the status file', () => {
  test('looks like that of the original server, sorted, in seconds', async () => {
    await using place = await folder()
    await using server = await startTimelessHub({ statusFile: place.file })
    await using _old = await CrossCommClient.login(server.url, 'old')
    await visit(server, 'bob')
    server.clock.advance(500)
    const text = await written(place.file, (found) => found.includes('bob'))
    const seen = (server.clock.now() - 500) / 1000
    assert.equal(text, `bob:\n  last_seen: ${seen}\n  status: offline\nold:\n  last_seen: ${seen}\n  status: online\n`)
    assert.deepEqual(await readdir(place.path), ['cross_comm_clients.yaml'])
  })

  test('is written half a second after a change, once for many', async () => {
    await using place = await folder()
    await using server = await startTimelessHub({ statusFile: place.file })
    for (let index = 0; index < 20; index++) await visit(server, `c${index}`)
    server.clock.advance(499)
    assert.equal(server.clock.pending, 4)
    assert.equal(await readFile(place.file, 'utf8'), '{}\n')
    server.clock.advance(1)
    assert.equal(server.clock.pending, 3)
    const text = await written(place.file, (found) => found !== '{}\n')
    assert.equal(Object.keys(parse(text)).length, 20)
  })

  test('is read at the start: who was known is known again, offline, with messages waiting', async () => {
    await using place = await folder()
    await writeFile(
      place.file,
      'old:\n  last_seen: 1795167066.276587\n  status: online\nbob:\n  last_seen: 5\n  status: offline\n',
    )
    await using server = await startHub({ statusFile: place.file })
    assert.deepEqual(
      server.hub
        .clients({ online: false })
        .map(({ client, online, lastSeen }) => [client, online, Math.round(lastSeen)]),
      [
        ['bob', false, 5000],
        ['old', false, 1795167066277],
      ],
    )
    await server.hub.send('old', 'you were known')
    await using old = await CrossCommClient.login(server.url, 'old')
    assert.equal((await old.next()).content, 'you were known')
    await server.hub.close()
    assert.deepEqual(Object.keys(parse(await readFile(place.file, 'utf8'))), ['bob', 'old'])
  })

  test('says after a close that everyone is offline, and is not written again', async () => {
    await using place = await folder()
    const server = await startTimelessHub({ statusFile: place.file })
    await using _alice = await RawPeer.login(server.url, 'alice')
    await using _old = await CrossCommClient.login(server.url, 'old')
    await server.hub.close()
    const text = await readFile(place.file, 'utf8')
    assert.equal(text.match(/offline/g)?.length, 2)
    assert.doesNotMatch(text, /online/)
    assert.equal(server.clock.pending, 0)
  })

  for (const [what, text] of Object.entries({
    'is no YAML': 'alice: [',
    'holds a list': '- alice\n',
    'holds text': 'alice\n',
    'has an entry that is none': 'alice: online\n',
    'is full of aliases': 'a: &a {x: y}\nb: *a\n',
  })) {
    test(`that ${what} is an error and stays as it is, after a close as well`, async () => {
      await using place = await folder()
      await writeFile(place.file, text)
      {
        await using hub = new Hub({ statusFile: place.file })
        await assert.rejects(hub.listen({ port: 0 }), { code: 'status_file' })
        await assert.rejects(hub.start(), { code: 'status_file' })
      }
      assert.equal(await readFile(place.file, 'utf8'), text)
      await using hub = new Hub({ statusFile: place.file })
      await assert.rejects(hub.start(), { code: 'status_file' })
      await writeFile(place.file, 'alice: {last_seen: 1, status: offline}\n')
      await hub.start()
      assert.deepEqual(hub.clients({ online: false }).length, 1)
    })
  }

  test('that cannot be written is refused at the start, later logged, tried again, and an error of the close', async () => {
    await using place = await folder()
    const missing = join(place.path, 'missing')
    const statusFile = join(missing, 'status.yaml')
    await using refused = new Hub({ statusFile })
    await assert.rejects(refused.listen({ port: 0 }), { code: 'status_file' })
    await mkdir(missing)
    const server = await startTimelessHub({ statusFile })
    await rm(missing, { recursive: true })
    await visit(server, 'bob')
    server.clock.advance(500)
    assert.equal((await server.log.line('could not be written')).level, 'error')
    await assert.rejects(server.hub.close(), { code: 'status_file' })
    await mkdir(missing)
    assert.deepEqual(await readdir(missing), [])
  })

  test('is read before the first client of a server of the user', async () => {
    await using place = await folder()
    await writeFile(place.file, 'old: {last_seen: 1, status: online}\n')
    const hub = new Hub({ statusFile: place.file })
    const http = createServer().listen(0, '127.0.0.1')
    http.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
    await once(http, 'listening')
    await using _ = await RawPeer.login(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, 'alice')
    await hub.start()
    await hub.close()
    await new Promise((resolve) => http.close(resolve))
    assert.deepEqual(Object.keys(parse(await readFile(place.file, 'utf8'))), ['alice', 'old'])
  })

  test('is left alone by a hub that was never started', async () => {
    await using place = await folder()
    await writeFile(place.file, 'alice: {last_seen: 1, status: offline}\n')
    await new Hub({ statusFile: place.file }).close()
    assert.equal(await readFile(place.file, 'utf8'), 'alice: {last_seen: 1, status: offline}\n')
  })

  test('keeps ids as text that YAML would take for something else', async () => {
    await using place = await folder()
    const server = await startHub({ statusFile: place.file })
    for (const id of ids) await visit(server, id)
    await server.hub.close()
    await using again = await startHub({ statusFile: place.file })
    assert.deepEqual(new Set(again.hub.clients({ online: false }).map(({ client }) => client)), new Set(ids))
    assert.deepEqual(new Set(Object.keys(parse(await readFile(place.file, 'utf8')))), new Set(ids))
  })

  test('and Python reads the same ids from it, and writes what we read', { skip }, async () => {
    await using place = await folder()
    const server = await startHub({ statusFile: place.file })
    for (const id of ids) await visit(server, id)
    await server.hub.close()
    const script = [
      'import json, sys, yaml',
      'path = sys.argv[1]',
      'data = yaml.safe_load(open(path, encoding="utf-8"))',
      'assert all(type(v["last_seen"]) in (int, float) and v["status"] == "offline" for v in data.values())',
      'print(json.dumps(list(data)))',
      'yaml.safe_dump(data, open(path, "w", encoding="utf-8"), allow_unicode=True)',
    ]
    const output = execFileSync(python, ['-c', script.join('\n'), place.file], { encoding: 'utf8' })
    assert.deepEqual(new Set(JSON.parse(output)), new Set(ids))
    await using again = await startHub({ statusFile: place.file })
    // YAML 1.1 folds the line separator U+2028 when Python writes it; 1.2 does not when we read it.
    const foldable = /\u2028| {3}x/
    const known = again.hub.clients({ online: false }).map(({ client }) => client)
    const plain = (each: string): boolean => !foldable.test(each)
    assert.deepEqual(new Set(known.filter(plain)), new Set(ids.filter(plain)))
  })

  test('may name an id twice, as Python allows: the last entry counts', async () => {
    await using place = await folder()
    await writeFile(place.file, 'a: {last_seen: 1, status: online}\na: {last_seen: 2, status: offline}\n')
    await using server = await startHub({ statusFile: place.file })
    assert.deepEqual(
      server.hub.clients({ online: false }).map(({ lastSeen }) => lastSeen),
      [2000],
    )
  })

  test('names what is no client id: that is skipped with a warning', async () => {
    await using place = await folder()
    await writeFile(place.file, 'all: {last_seen: 1, status: online}\n123: {last_seen: x, status: online}\n')
    await using server = await startHub({ statusFile: place.file })
    assert.deepEqual(
      server.hub.clients({ online: false }).map(({ client, lastSeen }) => [client, lastSeen]),
      [['123', 0]],
    )
    assert.equal((await server.log.line('no client id')).fields.client, 'all')
  })
})
