import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
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
  await assertHolds(store, count)
  database.exec('pragma max_page_count = 100000')
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

test('on a disk without room a commit fails whole, a start is refused, and both work again when there is room', async (context) => {
  using folder = temporaryFolder()
  const disk = join(dirname(folder.database), 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return context.skip('a small disk cannot be mounted here')
  }
  try {
    await fillDisk(join(disk, 'posthouse.db'), join(disk, 'ballast'))
  } finally {
    execFileSync('umount', [disk])
  }
})

function rows(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`select count(*) as count from ${table}`).get()?.count)
}

async function fillDisk(path: string, ballast: string): Promise<void> {
  writeFileSync(ballast, Buffer.alloc(1_000_000))
  let count: number
  {
    await using store = await openSqliteStore({ path, ...settings })
    count = await fill(store)
    await assertHolds(store, count)
    rmSync(ballast)
    await store.commit(batchOf(++count, 20_000))
    await assertHolds(store, count)
    count = await fill(store)
  }
  await using store = await openSqliteStore({ path, ...settings })
  await assertHolds(store, count)
}
