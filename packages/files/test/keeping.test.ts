import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { ManualClock, MemoryBlobStore, putBlob } from '@posthouse/core'
import { Files, type FilesOptions } from '@posthouse/files'
import { putWhole, sampleBytes, startFiles } from './start-files.ts'

const day = 86_400_000
const folder = mkdtempSync(join(tmpdir(), 'posthouse-files-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function* once(size: number): AsyncGenerator<Uint8Array> {
  yield sampleBytes(size)
}

suite('files', () => {
  test('take no option that does not exist', async () => {
    await using store = new MemoryBlobStore()
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ store, secretfile: 'a' }, /^Files has no option secretfile, only store, secretFile, /],
      [{ store, limits: 5 }, /^Files: limits must be an object, not 5$/],
      [{}, /^Files needs the option store$/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => new Files(options as FilesOptions), { code: 'invalid_option', message })
    }
  })

  test('go when they have had their time, once an hour, and so do uploads that stand still', async () => {
    const clock = new ManualClock()
    await using store = new MemoryBlobStore({ clock })
    await using _files = new Files({ store, clock, limits: { keepMs: 2 * day, uploadMs: day } })
    await putBlob(store, { key: 'cross_comm/alice/1_2', bytes: once(5) })
    await putBlob(store, { key: 'backup/of-somebody-else', bytes: once(5) })
    await store.begin('cross_comm/alice/1_3')
    clock.advance(day + 3_600_000)
    await settled(async () => (await store.uploads()).length === 0)
    assert.equal((await store.list()).length, 2)
    clock.advance(day)
    await settled(async () => (await store.list()).length === 1)
    assert.equal((await store.list())[0]?.key, 'backup/of-somebody-else')
  })

  test('stay for ever where that is wanted', async () => {
    await using running = await startFiles({ limits: { keepMs: Infinity, uploadMs: Infinity } })
    await putBlob(running.store, { key: 'cross_comm/alice/1_2', bytes: once(5) })
    running.clock.advance(40 * day)
    assert.deepEqual(await running.ask('root', 'hub.files.gc'), { uploads: 0, files: 0 })
  })

  test('are listed and removed by who administers the hub, and cleared when it wants', async () => {
    await using running = await startFiles({ limits: { keepMs: day } })
    const { store, clock } = running
    for (const name of ['a', 'b', 'c']) await putBlob(store, { key: `cross_comm/alice/${name}`, bytes: once(5) })
    await store.begin('cross_comm/bob/begun', { size: 9 })
    const list = (body: object): Promise<{ files: { key: string }[]; next?: string }> =>
      running.ask('root', 'hub.files', body)
    const page = await list({ limit: 2 })
    assert.deepEqual(
      [page.files.map(({ key }) => key), page.next],
      [['cross_comm/alice/a', 'cross_comm/alice/b'], 'cross_comm/alice/b'],
    )
    assert.deepEqual(
      (await list({ limit: 2, after: page.next })).files.map(({ key }) => key),
      ['cross_comm/alice/c'],
    )
    assert.deepEqual((await list({ uploads: true })).files, [
      { key: 'cross_comm/bob/begun', size: 9, at: clock.now(), offset: 0 },
    ])
    assert.equal((await list({ prefix: 'cross_comm/carol/' })).files.length, 0)
    assert.match((await running.ask('root', 'hub.files.url', { key: 'cross_comm/alice/a' })).url, /^\/files\//)
    const keys = ['cross_comm/alice/a', 'cross_comm/alice/none', 'cross_comm/bob/begun']
    assert.deepEqual(await running.ask('root', 'hub.files.remove', { keys }), { removed: [keys[0], keys[2]] })
    clock.advance(day + 1)
    assert.deepEqual(await running.ask('root', 'hub.files.gc'), { uploads: 0, files: 2 })
  })

  test('keep the tokens of before when the hub starts anew, and change their secret each day', async () => {
    const clock = new ManualClock()
    const secretFile = join(folder, 'data', 'secrets.json')
    const store = new MemoryBlobStore({ clock })
    const options = { store, clock, secretFile, limits: { tokenMs: 2 * day } }
    const ask = async (files: Files): Promise<string> => {
      const question = {
        client: 'alice',
        body: { name: 'a' },
        mayFetch: () => true,
        signal: new AbortController().signal,
      }
      const answer = await files.methods['files.upload']?.(question)
      return (answer as { token: string }).token
    }
    let first: string
    {
      await using files = new Files(options)
      first = await ask(files)
      assert.equal(statSync(secretFile).mode & 0o777, 0o600)
    }
    clock.advance(day)
    await using running = await startFiles(options)
    const second = await ask(running.files)
    assert.notEqual(second.split('.')[1], first.split('.')[1])
    for (const token of [first, second]) {
      assert.equal((await putWhole(running, { url: '/files', token }, sampleBytes(5))).status, 201)
    }
    const kept = (): number => (JSON.parse(readFileSync(secretFile, 'utf8')) as { secrets: unknown[] }).secrets.length
    assert.equal(kept(), 2)
    clock.advance(2 * day)
    await ask(running.files)
    assert.equal(kept(), 2, 'the first secret has had its time')
  })

  test('do not begin with secrets that cannot be read', () => {
    const secretFile = join(folder, 'damaged.json')
    for (const text of ['', '{}', '{"secrets":[{"id":"a","secret":"short","at":1}]}']) {
      writeFileSync(secretFile, text)
      assert.throws(() => new Files({ store: new MemoryBlobStore(), secretFile }), { code: 'data_damaged' })
    }
    assert.throws(() => new Files({ store: new MemoryBlobStore(), secretFile: folder }), { code: 'data_damaged' })
    writeFileSync(join(folder, 'file'), '')
    const inside = join(folder, 'file', 'secrets.json')
    assert.throws(() => new Files({ store: new MemoryBlobStore(), secretFile: inside }), { code: 'data_unwritable' })
  })
})

/** Waits for what goes on in the background. */
async function settled(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries++) {
    assert.ok(tries < 1000)
    await new Promise(setImmediate)
  }
}
