import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Logger, silentLogger } from '@posthouse/core'
import { openCallStore } from '@posthouse/store/calls'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { temporaryFolder } from './folder.ts'
import { batchOf, lastCommit, settings } from './lives.ts'

const removed = { name: 'PosthouseError', code: 'store_failed', message: /was removed or replaced/ }

test('a store whose folder is removed refuses commits at once, and tells so once', async () => {
  using folder = temporaryFolder()
  const told: string[] = []
  await using store = await openSqliteStore({ path: folder.database, ...settings, logger: errorsInto(told) })
  await store.commit(batchOf(1, 10))
  await store.commit(batchOf(2, 10))
  rmSync(dirname(folder.database), { recursive: true })
  for (let time = 0; time < 3; time++) await assert.rejects(store.commit(batchOf(3, 10)), removed)
  assert.equal(await lastCommit(store), 2)
  assert.equal(told.length, 1)
  assert.ok(told[0]?.startsWith(`${folder.database} was removed or replaced`))
})

test('a store whose file is replaced refuses commits, and takes them again when its own file is back', async () => {
  using folder = temporaryFolder()
  const told: string[] = []
  {
    await using store = await openSqliteStore({ path: folder.database, ...settings, logger: errorsInto(told) })
    await store.commit(batchOf(1, 10))
    renameSync(folder.database, `${folder.database}.old`)
    writeFileSync(folder.database, '')
    await assert.rejects(store.commit(batchOf(2, 10)), removed)
    renameSync(`${folder.database}.old`, folder.database)
    await store.commit(batchOf(2, 10))
    assert.equal(told.length, 1)
  }
  await using store = await openSqliteStore({ path: folder.database, ...settings })
  assert.equal(await lastCommit(store), 2)
})

test('a store of files and one of calls refuse what they are given while their file is away', async () => {
  using folder = temporaryFolder()
  await using files = await openDiskBlobStore({ folder: folder.database })
  await using calls = openCallStore({ path: join(dirname(folder.database), 'calls.db') })
  const now = Date.now()
  const call = {
    caller: 'ana',
    id: 'r1',
    procedure: 'x',
    inputHash: 'y',
    at: now,
    deadline: now,
    state: 'done',
  } as const
  for (const { path, writes, check } of [
    {
      path: join(folder.database, 'files.db'),
      writes: [() => files.begin('a'), () => files.put('b', Buffer.from('b'))],
      check: () => files.check(),
    },
    {
      path: join(dirname(folder.database), 'calls.db'),
      writes: [async () => calls.put(call)],
      check: async () => await calls.check?.(),
    },
  ]) {
    await check()
    renameSync(path, `${path}.old`)
    for (const write of [...writes, check])
      await assert.rejects(write(), { ...removed, message: /removed or replaced/ })
    renameSync(`${path}.old`, path)
    for (const write of [check, ...writes]) await write()
  }
  assert.deepEqual([(await files.head('b'))?.size, calls.size], [1, 1])
})

test('a store of files whose folder of uploads is away says so, and takes files again when it is back', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  const uploads = join(folder.database, 'uploads')
  renameSync(uploads, `${uploads}.old`)
  await assert.rejects(store.check(), { name: 'PosthouseError', code: 'store_failed', message: /uploads/ })
  await assert.rejects(store.begin('a'), { name: 'PosthouseError', code: 'store_failed' })
  renameSync(`${uploads}.old`, uploads)
  await store.check()
  await store.begin('a')
})

function errorsInto(told: string[]): Logger {
  return { ...silentLogger, error: (message) => void told.push(message) }
}
