import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { silentLogger } from '@posthouse/core'
import { Checkpointer } from '../src/sqlite/checkpointer.ts'
import { openDatabase } from '../src/sqlite/open-database.ts'
import { temporaryFolder } from './folder.ts'

const mebibyte = 1 << 20

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

test('the log is copied by the worker whole, for the last part of it writing waits, and then the log begins anew', async () => {
  using folder = temporaryFolder()
  using database = openDatabase(folder.database, 'normal')
  const checkpointer = new Checkpointer(folder.database, database, silentLogger)
  write(database, checkpointer, 5)
  assert.equal(checkpointer.pause, undefined)
  // On a busy machine it may have come and gone between two turns.
  for (const end = performance.now() + 30_000; performance.now() < end && checkpointer.pause === undefined; ) {
    await setImmediate()
  }
  await checkpointer.pause
  assert.equal(checkpointer.pause, undefined)
  // The next write is at the begin of the log: what is in it now is what that has written.
  write(database, checkpointer, 1)
  const { log } = database.prepare('pragma wal_checkpoint(passive)').get() ?? {}
  assert.ok(Number(log) > 0 && Number(log) < 200, `${log} pages`)
  await checkpointer.close()
  assert.ok(isAlone(database))
})

test('whatever the worker is at when it is closed, nobody waits and no other worker begins', async () => {
  for (let time = 0; time < 10; time++) {
    using folder = temporaryFolder()
    using database = openDatabase(folder.database, 'normal')
    const checkpointer = new Checkpointer(folder.database, database, silentLogger)
    write(database, checkpointer, 8)
    for (let turn = 0; turn < time * 100; turn++) await setImmediate()
    const { pause } = checkpointer
    await checkpointer.close()
    await pause
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    assert.ok(isAlone(database))
  }
})
