import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { migrate, schemaSteps, schemaVersion } from '../src/sqlite/schema.ts'
import { temporaryFolder } from './folder.ts'
import { batchOf } from './lives.ts'

const first = "create table note(text text not null); insert into note values('old')"
const second = 'alter table note add column length integer; update note set length = length(text)'

test('an older database is brought up to date step by step, with what is in it', () => {
  using database = new DatabaseSync(':memory:')
  migrate(database, [first])
  assert.equal(schemaVersion(database), 1)
  database.exec("insert into note values('of version 1')")
  migrate(database, [first, second])
  assert.equal(schemaVersion(database), 2)
  assert.deepEqual(
    database
      .prepare('select text, length from note')
      .all()
      .map((row) => [row.text, row.length]),
    [
      ['old', 3],
      ['of version 1', 12],
    ],
  )
  migrate(database, [first, second])
  assert.equal(schemaVersion(database), 2)
})

test('a step that fails leaves the database as the step before left it', () => {
  using database = new DatabaseSync(':memory:')
  migrate(database, [first])
  const broken = `${second}; insert into nowhere values(1)`
  assert.throws(() => migrate(database, [first, broken]), /nowhere/)
  assert.equal(schemaVersion(database), 1)
  assert.deepEqual(Object.keys(database.prepare('select * from note').get() ?? {}), ['text'])
  migrate(database, [first, second])
  assert.equal(schemaVersion(database), 2)
})

test('an empty file, which has version 0, becomes a store', async () => {
  using folder = temporaryFolder()
  new DatabaseSync(folder.database).close()
  await using store = await openSqliteStore({ path: folder.database })
  await store.commit(batchOf(1, 10))
  using database = new DatabaseSync(folder.database, { readOnly: true })
  assert.equal(schemaVersion(database), schemaSteps.length)
})

test('a database that version 1 made by hand, with its journal, is read', async () => {
  using folder = temporaryFolder()
  const made = new DatabaseSync(folder.database)
  migrate(made, schemaSteps.slice(0, 1))
  // One commit, byte for byte: version 1, behind position 41, record {kind: k, key: a} = 1, and its checksum.
  made.exec("insert into journal values(7, x'012905026B0261010231ED1C2604')")
  made.close()
  await using store = await openSqliteStore({ path: folder.database })
  assert.deepEqual(await store.records('k'), [{ key: 'a', value: 1 }])
  assert.equal((await store.inspect('bob')).newest, 41)
})

test('a database whose tables are not those of its version is refused with data_damaged', async () => {
  using folder = temporaryFolder()
  using made = new DatabaseSync(folder.database)
  migrate(made)
  made.exec('drop table shelf')
  await assert.rejects(openSqliteStore({ path: folder.database }), { code: 'data_damaged', message: /no such table/ })
})
