import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import { putBlob } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { copyDataFolder } from '../src/backup/copy-folder.ts'
import { Cli, startUp } from './cli.ts'

/** A hub in a data folder, with its stores. */
async function openHub(data: string) {
  const store = await openSqliteStore({ path: join(data, 'posthouse.db') })
  const blobs = await openDiskBlobStore({ folder: join(data, 'files') })
  const hub = new Hub({ store })
  return {
    ...{ hub, store, blobs },
    async [Symbol.asyncDispose]() {
      await hub.close()
      await store[Symbol.asyncDispose]()
      await blobs[Symbol.asyncDispose]()
    },
  }
}

describe('the data of posthouse up', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
  })
  after(() => rm(folder, { recursive: true }))

  for (const [durability, words] of [
    ['disk', /kept in .*posthouse\.db and survive a loss of power\./],
    ['process', /kept in .*posthouse\.db and survive if it is killed, but not a loss of power\./],
  ] as const) {
    test(`outlives a hub that is killed, with --durability ${durability}`, async () => {
      const data = join(folder, durability)
      const words_ = ['--data', data, '--durability', durability]
      await using first = await startUp(words_)
      await first.line(words)
      await Cli.run(['send', 'hub', 'I am here', '--id', 'bob', '--url', first.url])
      for (const text of ['one', 'two']) {
        const { status, err } = await Cli.run(['send', 'bob', text, '--id', 'alice', '--url', first.url])
        assert.equal(status, 0, err)
      }
      first.signal('SIGKILL')
      await first.ended()
      await using second = await startUp(words_)
      const { out } = await Cli.run(['listen', '--id', 'bob', '--count', '2', '--url', second.url])
      assert.equal(out, 'alice text one\nalice text two')
    })
  }

  test('is gone with a hub that keeps it in memory, which says so', async () => {
    const words = ['--data', join(folder, 'memory'), '--durability', 'memory']
    await using hub = await startUp(words)
    await hub.line(/kept in memory: they are lost when it stops/)
    hub.signal('SIGINT')
    assert.equal((await hub.ended()).status, 0)
  })

  for (const durability of ['disk', 'memory']) {
    test(`belongs to one hub at a time, with --durability ${durability}`, async () => {
      const data = join(folder, `shared-${durability}`)
      await using first = await startUp(['--data', data, '--durability', durability])
      for (const other of ['disk', 'memory']) {
        const { status, err } = await Cli.run(['up', '--port', '0', '--data', data, '--durability', other])
        assert.equal(status, 1)
        assert.match(err, /^error .*posthouse\.db is used by process \d+ \(data_in_use\)\n.*--data\.$/)
      }
      first.signal('SIGKILL')
      await first.ended()
      await using _next = await startUp(['--data', data])
    })
  }

  test('that cannot be used is told in one line with what to do, and the hub ends with status 1', async () => {
    await writeFile(join(folder, 'file'), '')
    await mkdir(join(folder, 'damaged'))
    await writeFile(join(folder, 'damaged/posthouse.db'), Buffer.alloc(10_000, 'x'))
    await mkdir(join(folder, 'newer'))
    const database = new DatabaseSync(join(folder, 'newer/posthouse.db'))
    database.exec('pragma user_version = 1000')
    database.close()
    await mkdir(join(folder, 'odd/posthouse.db'), { recursive: true })
    for (const [data, words] of [
      [join(folder, 'file'), /file cannot be made: .*\(data_unwritable\)/],
      [join(folder, 'file/in'), /file\/in cannot be made: .*\(data_unwritable\)/],
      [join(folder, 'damaged'), /posthouse\.db is damaged or no Posthouse data: .*\(data_damaged\)/],
      [join(folder, 'newer'), /the data has version 1000, .*\(data_too_new\)/],
      [join(folder, 'odd'), /posthouse\.db cannot be written: .*\(data_unwritable\)/],
    ] as const) {
      const { status, err, out } = await Cli.run(['up', '--port', '0', '--data', data])
      assert.deepEqual([status, out], [1, ''], data)
      assert.match(err, words)
      assert.equal(err.split('\n').length, 2, err)
    }
  })

  test('is copied while a hub uses it, and another hub goes on with the copy', async () => {
    const [data, copy] = [join(folder, 'copied'), join(folder, 'copy')]
    const refused = await Cli.run(['backup', copy], { env: { POSTHOUSE_DATA: data } })
    assert.deepEqual([refused.status, existsSync(copy)], [2, false], refused.err)
    assert.ok(refused.err.includes(`no data of a node in ${data}`), refused.err)
    let epoch = ''
    {
      await using opened = await openHub(data)
      const { hub, store, blobs } = opened
      epoch = (await store.inspect('bob')).position.epoch
      await hub.groups.add('team', 'bob')
      await putBlob(blobs, { key: 'cross_comm/bob/a', bytes: Readable.from([Buffer.from('hello')]), size: 5 })
      await blobs.put('cross_comm/bob/small', Buffer.from('in the index'))
      await blobs.begin('cross_comm/bob/b', { size: 5 })
      await blobs.append('cross_comm/bob/b', 0, Readable.from([Buffer.from('hel')]))
      await writeFile(join(folder, 'secrets.json'), '{}')
      await symlink(join(folder, 'secrets.json'), join(data, 'file-secrets.json'))
      for (let n = 0; n < 20; n++) await hub.send('group:team', { n })
      // The folder is the one of the node that runs by these settings, and not whichever has the usual name.
      await mkdir(join(folder, 'here/.posthouse/files'), { recursive: true })
      await writeFile(join(folder, 'here/posthouse.config.json'), JSON.stringify({ data }))
      const made = Cli.run(['backup', copy, '--json'], { cwd: join(folder, 'here') })
      let [n, over] = [20, false]
      void made.then(() => (over = true))
      while (!over) await hub.send('group:team', { n: n++ })
      const { status, out, err } = await made
      assert.equal(status, 0, err)
      assert.deepEqual(JSON.parse(out), { from: data, to: copy, files: 2, uploads: 1, bytes: 20 })
      assert.ok(n > 20)
    }
    assert.deepEqual((await readdir(copy)).sort(), ['file-secrets.json', 'files', 'posthouse.db'])
    assert.equal((await Cli.run(['backup', copy, '--data', data])).status, 2)
    const { signal } = new AbortController()
    await assert.rejects(copyDataFolder(data, join(data, 'copy'), signal), {
      code: 'invalid_option',
      message: /lost with it/,
    })
    await using opened = await openHub(copy)
    const { hub, store, blobs } = opened
    await hub.start()
    assert.notEqual((await store.inspect('bob')).position.epoch, epoch)
    const entries = await store.read('bob', 0, 256)
    const bodies = entries.map(({ envelope }) => JSON.parse(Buffer.from(envelope.body.bytes).toString()).n)
    assert.ok(bodies.length >= 20)
    assert.deepEqual(bodies, [...bodies.keys()])
    for (const [name, content] of Object.entries({ a: 'hello', small: 'in the index' })) {
      const read = Readable.from(await blobs.read(`cross_comm/bob/${name}`))
      assert.equal(Buffer.concat(await read.toArray()).toString(), content)
    }
    assert.equal(await blobs.append('cross_comm/bob/b', 3, Readable.from([Buffer.from('lo')])), 5)
    assert.equal((await blobs.complete('cross_comm/bob/b')).size, 5)
  })

  const skip = process.platform === 'linux' ? false : 'there is no /proc'
  test('in a file system where no folder can be made does not keep the command waiting', { skip }, async () => {
    for (const data of ['/proc/posthouse', '/proc/posthouse/data']) {
      const { status, err } = await Cli.run(['up', '--port', '0', '--data', data])
      assert.equal(status, 1)
      assert.match(err, /the data folder \/proc\/posthouse.* cannot be made/)
    }
  })
})
