import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { integrityCheck, lockHolder, openSqliteStore } from '@posthouse/store/sqlite'
import { pageBytes } from '../src/sqlite/open-database.ts'
import { temporaryFolder } from './folder.ts'
import { batchOf } from './lives.ts'

const program = fileURLToPath(new URL('./committing-process.ts', import.meta.url))

test('options that do not exist or make no sense are refused: a misspelled durability is not the weaker one', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  for (const options of [{ path, durability: 'Disk' }, { path, bounds: { log: 1 } }, { path, producer: 5 }, {}]) {
    await assert.rejects(openSqliteStore(options as never), { code: 'invalid_option' })
  }
  for (const options of [{ folder: path, reserve: Number.NaN }, { path }]) {
    await assert.rejects(openDiskBlobStore(options as never), { code: 'invalid_option' })
  }
  assert.equal(existsSync(path), false)
})

test('the folder and the file are made, and are for nobody else', async () => {
  using folder = temporaryFolder()
  const path = join(dirname(folder.database), 'deep/er/posthouse.db')
  await using store = await openSqliteStore({ path })
  await store.commit(batchOf(1, 10))
  assert.deepEqual([store.path, store.durability], [path, 'disk'])
  for (const file of [path, `${path}-wal`]) assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a database is used by one store at a time, also within one process', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  assert.equal(lockHolder(path), undefined)
  {
    await using _store = await openSqliteStore({ path })
    const refused = { code: 'data_in_use', message: `${path} is used by this process already` }
    await assert.rejects(openSqliteStore({ path }), refused)
    assert.equal(lockHolder(path), process.pid)
  }
  assert.equal(lockHolder(path), undefined)
  await using _again = await openSqliteStore({ path })
})

test('a second process is told which one has the database, and gets it when that was killed', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const refused = { code: 'data_in_use', message: `${path} is used by process ${child.pid}` }
  await assert.rejects(openSqliteStore({ path }), refused)
  assert.equal(lockHolder(path), child.pid)
  assert.deepEqual(integrityCheck(path).problems, [], 'it can be looked at all the same')
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
  assert.equal(lockHolder(path), undefined)
  await using store = await openSqliteStore({ path })
  assert.ok((await store.inspect('keeper')).newest > 0)
})

test('a path where nothing can be written is refused with data_unwritable', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.database, '')
  const below = { code: 'data_unwritable', message: /cannot be written/ }
  await assert.rejects(openSqliteStore({ path: join(folder.database, 'posthouse.db') }), below)
  await assert.rejects(openSqliteStore({ path: dirname(folder.database) }), { code: 'data_unwritable' })
})

test('a folder that may not be written is refused with data_unwritable', async (context) => {
  const { seteuid } = process
  if (process.getuid?.() === undefined || seteuid === undefined) return context.skip('there are no such users here')
  using folder = temporaryFolder()
  const closed = join(dirname(folder.database), 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o555)
  chmodSync(dirname(folder.database), 0o755)
  // Root may write everywhere.
  const root = process.geteuid?.() === 0
  if (root) seteuid(65_534)
  try {
    await assert.rejects(openSqliteStore({ path: join(closed, 'posthouse.db') }), { code: 'data_unwritable' })
  } finally {
    if (root) seteuid(0)
  }
})

test('a database of a newer version is refused with data_too_new, and left alone', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  await (await openSqliteStore({ path }))[Symbol.asyncDispose]()
  change(path, 'pragma user_version = 99')
  const before = readFileSync(path)
  await assert.rejects(openSqliteStore({ path }), { code: 'data_too_new', message: /version 99/ })
  assert.deepEqual(readFileSync(path), before)
  assert.equal(integrityCheck(path).version, 99)
})

test('what is no database, or the one of another program, is refused with data_damaged', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.database, 'This is not a database. '.repeat(100))
  await assert.rejects(openSqliteStore({ path: folder.database }), { code: 'data_damaged' })
  assert.throws(() => integrityCheck(folder.database), { code: 'data_damaged' })
  const other = `${folder.database}-other`
  change(other, 'create table recipe(name text)')
  await assert.rejects(openSqliteStore({ path: other }), { code: 'data_damaged', message: /another program/ })
})

test('damage to the lock is not told as damage to the database', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  await (await openSqliteStore({ path }))[Symbol.asyncDispose]()
  writeFileSync(`${path}.lock`, 'something else')
  const message = `${path}.lock is damaged; it holds no messages: where no hub uses ${path}, delete it`
  await assert.rejects(openSqliteStore({ path }), { code: 'data_damaged', message })
  assert.throws(() => lockHolder(path), { code: 'data_damaged', message })
})

test('a damaged row of the journal is noticed at the start', async () => {
  using folder = temporaryFolder()
  const path = await abandoned(folder.database, (copy) => folder.killed(copy))
  change(path, `update journal set data = cast(replace(hex(data), '616C6C', '616C6D') as blob) where batch = 1`)
  assert.deepEqual(integrityCheck(path).problems, ['row 1 of the journal is damaged'])
  await assert.rejects(openSqliteStore({ path }), { code: 'data_damaged', message: /journal/ })
})

test('a damaged envelope in a table is noticed when it is read, and by the check', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  {
    await using store = await openSqliteStore({ path })
    await store.commit(batchOf(1, 10))
  }
  change(path, 'update inbox set envelope = zeroblob(length(envelope))')
  assert.deepEqual(
    integrityCheck(path).problems.map((problem) => /at position \d+ of (\w+)/.exec(problem)?.[1]),
    ['inbox', 'inbox', 'inbox', 'inbox'],
  )
  await using store = await openSqliteStore({ path })
  await assert.rejects(store.read('keeper', 0, 10), { code: 'data_damaged' })
})

test('damage to the file itself is noticed by the check', async () => {
  using folder = temporaryFolder()
  const path = folder.database
  {
    await using store = await openSqliteStore({ path })
    for (let count = 1; count < 20; count++) await store.commit(batchOf(count, 10_000))
  }
  const page = leafOf(path, 'inbox')
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(pageBytes, 0xff), 0, pageBytes, (page - 1) * pageBytes)
  closeSync(file)
  assert.notDeepEqual(integrityCheck(path).problems, [])
  truncateSync(path, statSync(path).size - 3 * pageBytes)
  assert.throws(() => integrityCheck(path), { code: 'data_damaged' })
})

/** A database as a killed process leaves it, with one commit in its journal. */
async function abandoned(path: string, copy: (path: string) => string): Promise<string> {
  await using store = await openSqliteStore({ path })
  await store.commit(batchOf(1, 10))
  return copy(path)
}

function leafOf(path: string, table: string): number {
  using database = new DatabaseSync(path, { readOnly: true })
  const leaves = "select pageno from dbstat where name = ? and pagetype = 'leaf'"
  return Number(database.prepare(leaves).get(table)?.pageno)
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}
