import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type InboxStore, ManualClock } from '@posthouse/core'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { FolderLock } from '../src/sqlite/folder-lock.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { startStore } from '../src/sqlite/open-store.ts'
import { temporaryFolder } from './folder.ts'
import { batchOf, kept, lastCommit, settings } from './lives.ts'

const failed = { name: 'PosthouseError', code: 'store_failed' }

/** Commits until there is no room; the number of commits that were done. */
async function fill(store: InboxStore): Promise<number> {
  for (let count = (await lastCommit(store)) + 1; ; count++) {
    try {
      await store.commit(batchOf(count, 20_000))
    } catch (error) {
      assert.ok(error instanceof Error)
      assert.deepEqual({ name: error.name, code: 'code' in error && error.code }, failed)
      return count - 1
    }
  }
}

async function assertHolds(store: InboxStore, count: number): Promise<void> {
  assert.equal(await lastCommit(store), count)
  assert.equal((await store.inspect('keeper')).messages, count * kept)
  assert.equal((await store.read('keeper', 0, 10_000)).length, count * kept)
  assert.equal(await store.lastAccepted('p'), count * kept)
}

test('a commit that finds no room in the file fails whole, and works again when there is room', async () => {
  using folder = temporaryFolder()
  const database = openDatabase(folder.database, 'full')
  const lock = new FolderLock(folder.database)
  await using store = startStore({ path: folder.database, ...settings }, { database, lock })
  database.exec('pragma max_page_count = 200')
  const count = await fill(store)
  assert.ok(count > 0)
  await assertHolds(store, count)
  await assert.rejects(store.commit(batchOf(count + 1, 20_000)), failed)
  await assert.rejects(store.check(), failed)
  await assertHolds(store, count)
  database.exec('pragma max_page_count = 100000')
  await store.check()
  const { appends } = await store.commit(batchOf(count + 1, 20_000))
  assert.deepEqual(new Set(appends.map(({ state }) => state)), new Set(['stored', 'refused']))
  await assertHolds(store, count + 1)
})

test('where settling fails, what is committed is there all the same, and is settled when that works again', async () => {
  using folder = temporaryFolder()
  const database = openDatabase(folder.database, 'normal')
  const lock = new FolderLock(folder.database)
  const clock = new ManualClock(Date.now())
  await using store = startStore({ path: folder.database, ...settings, clock }, { database, lock })
  database.exec("create trigger broken before insert on inbox begin select raise(fail, 'broken'); end")
  // So much that commits have to help with settling.
  const count = 50
  for (let each = 1; each <= count; each++) {
    const { appends } = await store.commit(batchOf(each, 200_000))
    assert.equal(appends[0]?.state, 'stored')
  }
  await assertHolds(store, count)
  database.exec('drop trigger broken')
  for (let second = 0; second < 10 && rows(database, 'journal') > 0; second++) {
    clock.advance(1000)
    for (let turn = 0; turn < 200; turn++) await setImmediate()
  }
  assert.equal(rows(database, 'journal'), 0)
  assert.equal(rows(database, 'inbox'), count * kept + 1)
  await assertHolds(store, count)
})

test('on a disk without room a commit fails whole, and works again when there is room', async (context) => {
  await onSmallDisk(context, 3, async (path, ballast) => {
    writeFileSync(ballast, Buffer.alloc(1_000_000))
    let count: number
    {
      await using store = await openSqliteStore({ path, ...settings })
      count = await fill(store)
      await assertHolds(store, count)
      rmSync(ballast)
    }
    await using store = await openSqliteStore({ path, ...settings })
    await store.commit(batchOf(++count, 20_000))
    await assertHolds(store, count)
  })
})

test('a disk is not filled to its end: what was stored is put in order there, a killed hub starts again, and goes on once some was fetched', async (context) => {
  await onSmallDisk(context, 12, async (path) => {
    const clock = new ManualClock(Date.now())
    {
      await using store = await openSqliteStore({ path, ...settings, clock })
      const count = await fill(store)
      assert.ok(count > 100, `${count} commits of 80 kB found room on 12 MiB`)
      await assert.rejects(store.commit(batchOf(count + 1, 20_000)), /1\.5 MiB left on its disk and takes no messages/)
      const copy = join(dirname(path), '..', 'killed')
      mkdirSync(copy)
      for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(copy, `posthouse.db${suffix}`))
      await using again = await openSqliteStore({ path: join(copy, 'posthouse.db'), ...settings })
      await assertHolds(again, count)
    }
    await using store = await openSqliteStore({ path, ...settings, clock })
    const count = await lastCommit(store)
    await assertHolds(store, count)
    await store.commit({ appends: [], acknowledgements: [{ inbox: 'keeper', seq: Number.MAX_SAFE_INTEGER }] })
    clock.advance(1000)
    await store.commit(batchOf(count + 1, 20_000))
    assert.equal((await store.inspect('keeper')).messages, kept)
  })
})

test('a start on a disk without room is refused, and says how much is needed', async (context) => {
  await onSmallDisk(context, 3, async (path, ballast) => {
    {
      await using store = await openSqliteStore({ path, ...settings })
      await store.commit(batchOf(1, 20_000))
    }
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(4_000_000)), { code: 'ENOSPC' })
    await assert.rejects(openSqliteStore({ path, ...settings }), {
      code: 'data_unwritable',
      message: /the disk has 0\.0 MiB left, and 0\.4 MiB are needed$/,
    })
    rmSync(ballast)
    await using store = await openSqliteStore({ path, ...settings })
    await assertHolds(store, 1)
  })
})

/** Has `task` work with a database on a disk of its own, beside which it may put ballast. */
async function onSmallDisk(
  context: TestContext,
  mebibytes: number,
  task: (path: string, ballast: string) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder()
  const disk = join(dirname(folder.database), 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    context.skip('a small disk cannot be mounted here')
    return
  }
  try {
    await task(join(disk, 'posthouse.db'), join(disk, 'ballast'))
  } finally {
    execFileSync('umount', [disk])
  }
}

function rows(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`select count(*) as count from ${table}`).get()?.count)
}
