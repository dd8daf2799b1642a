import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { ManualClock, silentLogger } from '@posthouse/core'
import { Checkpointer } from '../src/sqlite/checkpointer.ts'
import { FolderLock } from '../src/sqlite/folder-lock.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { startStore } from '../src/sqlite/open-store.ts'
import { temporaryFolder } from './folder.ts'

const mebibyte = 1 << 20
const body = { format: 'json', bytes: new Uint8Array(mebibyte) } as const
const envelope = { from: 'alice', to: 'bob', type: 'text', body, qos: 1 } as const

/** Writes into the journal what makes the log so long. */
function write(database: DatabaseSync, checkpointer: Checkpointer, mebibytes: number): void {
  const insert = database.prepare('insert into journal(data) values(?)')
  for (let count = 0; count < mebibytes; count++) {
    insert.run(new Uint8Array(mebibyte))
    checkpointer.wrote(mebibyte)
  }
}

/** False where others have the database open, too. */
function isAlone(database: DatabaseSync): boolean {
  return database.prepare('pragma journal_mode = delete').get()?.journal_mode === 'delete'
}

/** How long a test may wait for what a wrong checkpointer never does, in milliseconds. */
const timeout = 60_000

/**
 * The threads that are begun from now on. None outlives the test, which would wait for it otherwise; and while none keeps the
 * process alive, the test does.
 */
function workersBegun(t: TestContext): readonly Worker[] {
  const begun: Worker[] = []
  const add = (worker: Worker): void => void begun.push(worker)
  process.on('worker', add)
  const alive = setInterval(() => undefined, timeout)
  t.after(async () => {
    clearInterval(alive)
    process.off('worker', add)
    await Promise.all(begun.map((worker) => worker.terminate()))
  })
  return begun
}

/** One that has ended has no id any more. */
function living(workers: readonly Worker[]): readonly Worker[] {
  return workers.filter(({ threadId }) => threadId !== -1)
}

test('the log is copied by the worker whole, for the last part of it writing waits, and then the log begins anew', {
  timeout,
}, async (t) => {
  workersBegun(t)
  using folder = temporaryFolder()
  using database = openDatabase(folder.database, 'normal')
  const { promise: paused, resolve: onPause } = Promise.withResolvers<unknown>()
  const checkpointer = new Checkpointer({
    path: folder.database,
    database,
    logger: silentLogger,
    onPause: (pause) => onPause({ waits: checkpointer.pause === pause }),
  })
  write(database, checkpointer, 5)
  assert.equal(checkpointer.pause, undefined)
  assert.deepEqual(await paused, { waits: true })
  await checkpointer.pause
  assert.equal(checkpointer.pause, undefined)
  // The next write is at the begin of the log: what is in it now is what that has written.
  write(database, checkpointer, 1)
  const { log } = database.prepare('pragma wal_checkpoint(passive)').get() ?? {}
  assert.ok(Number(log) > 0 && Number(log) < 200, `${log} pages`)
  await checkpointer.close()
  assert.ok(isAlone(database))
})

test('a commit waits while the end of the log is copied, goes on afterwards, and a closed store leaves no thread', {
  timeout,
}, async (t) => {
  using folder = temporaryFolder()
  const workers = workersBegun(t)
  const path = folder.database
  const database = openDatabase(path, 'normal')
  const told: string[] = []
  const { promise: late, resolve } = Promise.withResolvers<unknown>()
  const rows = (): unknown => database.prepare('select count(*) as count from journal').get()?.count
  let commit: (id: string) => Promise<void> = () => assert.fail()
  const onPause = (pause: Promise<void>): void => {
    void pause.then(() => told.push('copied'))
    resolve(commit('late').then(() => told.push('committed')))
    // What does not have to wait is written before the call returns.
    told.push(`${rows()} rows`)
  }
  {
    const clock = new ManualClock()
    await using store = startStore({ path, clock, onPause }, { database, lock: new FolderLock(path) })
    commit = async (id) => {
      const appends = [{ envelope: { ...envelope, id, ts: clock.now() }, recipients: ['bob'] }]
      await store.commit({ appends, acknowledgements: [] })
    }
    for (let count = 0; count < 5; count++) await commit(`m${count}`)
    await late
    assert.deepEqual(told, ['5 rows', 'copied', 'committed'])
    assert.equal(rows(), 6)
    assert.equal(living(workers).length, 1)
  }
  assert.deepEqual(living(workers), [])
})

test('closed while the worker copies, it begins no other one, and leaves none', { timeout }, async (t) => {
  using folder = temporaryFolder()
  const workers = workersBegun(t)
  using database = openDatabase(folder.database, 'normal')
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const checkpointer = new Checkpointer({
    path: folder.database,
    database,
    logger: silentLogger,
    onPause: (pause) => resolve(checkpointer.close().then(() => pause)),
  })
  write(database, checkpointer, 5)
  await closed
  assert.equal(checkpointer.pause, undefined)
  assert.equal(workers.length, 1)
  assert.deepEqual(living(workers), [])
})

test('what the worker tells while it ends has nothing wait and nothing begin', { timeout }, async (t) => {
  const workers = workersBegun(t)
  // With more than was written, much of the log seems to be left to copy: the worker would be asked again at once.
  for (const more of [0, 8]) {
    using folder = temporaryFolder()
    using database = openDatabase(folder.database, 'normal')
    let pauses = 0
    const onPause = (): void => void pauses++
    const checkpointer = new Checkpointer({ path: folder.database, database, logger: silentLogger, onPause })
    write(database, checkpointer, 5)
    checkpointer.wrote(more * mebibyte)
    await checkpointer.close()
    assert.equal(checkpointer.pause, undefined)
    assert.equal(pauses, 0)
  }
  assert.equal(workers.length, 2)
  assert.deepEqual(living(workers), [])
})

test('the worker keeps a process alive while a commit waits for it, and no longer', { timeout }, async (t) => {
  using folder = temporaryFolder()
  const workers = workersBegun(t)
  using database = openDatabase(folder.database, 'normal')
  const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
  const { promise: paused, resolve } = Promise.withResolvers<number>()
  const onPause = (): void => resolve(ports())
  const checkpointer = new Checkpointer({ path: folder.database, database, logger: silentLogger, onPause })
  write(database, checkpointer, 5)
  assert.equal(await paused, 1)
  await checkpointer.pause
  assert.equal(living(workers).length, 1)
  assert.equal(ports(), 0)
  await checkpointer.close()
})

test('whatever the worker is at when it is closed, nobody waits and no other worker begins', { timeout }, async (t) => {
  workersBegun(t)
  for (let time = 0; time < 5 && !t.signal.aborted; time++) {
    using folder = temporaryFolder()
    using database = openDatabase(folder.database, 'normal')
    const checkpointer = new Checkpointer({ path: folder.database, database, logger: silentLogger })
    write(database, checkpointer, 8)
    for (let turn = 0; turn < time * 200; turn++) await setImmediate()
    const { pause } = checkpointer
    await checkpointer.close()
    await pause
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    assert.ok(isAlone(database))
  }
})
