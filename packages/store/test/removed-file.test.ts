import assert from 'node:assert/strict'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { type Logger, silentLogger } from '@posthouse/core'
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

function errorsInto(told: string[]): Logger {
  return { ...silentLogger, error: (message) => void told.push(message) }
}
