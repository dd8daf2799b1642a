import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { Cli, startUp } from './cli.ts'

describe('the data of posthouse up', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
  })
  after(() => rm(folder, { recursive: true }))

  for (const [durability, words] of [
    ['disk', /kept in .*posthouse\.db, also through a loss of power\./],
    ['process', /kept in .*posthouse\.db, also if it is killed, but not through a loss of power\./],
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
    await hub.line(/kept in memory: they are gone when it ends/)
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

  const skip = process.platform === 'linux' ? false : 'there is no /proc'
  test('in a file system where no folder can be made does not keep the command waiting', { skip }, async () => {
    for (const data of ['/proc/posthouse', '/proc/posthouse/data']) {
      const { status, err } = await Cli.run(['up', '--port', '0', '--data', data])
      assert.equal(status, 1)
      assert.match(err, /the data folder \/proc\/posthouse.* cannot be made/)
    }
  })
})
