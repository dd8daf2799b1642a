import assert from 'node:assert/strict'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { temporaryFolder } from './folder.ts'
import { piecesOf, put, readAll, sha256Of } from './sent-files.ts'

const bytes = Buffer.alloc(300_000, 'some content ')
const content = (folder: string) => join(folder, 'content', sha256Of(bytes))
const failed = (code: string) => ({ name: 'PosthouseError', code })

test('equal content lies on the disk once, until the last file that has it is removed', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  await Promise.all(['a', 'b', 'c'].map((key) => put(store, key, bytes)))
  const contents = () => readdirSync(join(folder.database, 'content'))
  assert.deepEqual(contents(), [sha256Of(bytes)])
  // The last one goes while another arrives.
  await Promise.all([...['a', 'b', 'c'].map((key) => store.remove(key)), put(store, 'd', bytes)])
  assert.deepEqual(await readAll(store, 'd', true), bytes)
  await store.remove('d')
  assert.deepEqual(contents(), [])
})

test('where a write has failed, a check tries one, until that works', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  using other = new DatabaseSync(join(folder.database, 'files.db'))
  const tables = ['small', 'upload']
  for (const write of [() => store.put('a', Buffer.from('a')), () => store.begin('b')]) {
    for (const table of tables) {
      other.exec(`create trigger broken_${table} before insert on ${table} begin select raise(fail, 'broken'); end`)
    }
    await store.check()
    await assert.rejects(write(), failed('store_failed'))
    await assert.rejects(store.check(), failed('store_failed'))
    for (const table of tables) other.exec(`drop trigger broken_${table}`)
    await store.check()
    await write()
  }
  assert.equal(readdirSync(join(folder.database, 'uploads')).length, 1)
})

test('a bit that was flipped on the disk is noticed by a verified read, and mended by the next equal upload', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  await put(store, 'a', bytes)
  const damaged = readFileSync(content(folder.database))
  damaged[123_456] = (damaged[123_456] ?? 0) ^ 1
  writeFileSync(content(folder.database), damaged)
  await assert.rejects(readAll(store, 'a', true), failed('content_mismatch'))
  await put(store, 'b', bytes)
  assert.deepEqual(await readAll(store, 'a', true), bytes)
})

test('the bytes of small files lie in the index, once, and no flipped bit in them goes unnoticed', async () => {
  using folder = temporaryFolder()
  const small = Buffer.from('some small content')
  const database = join(folder.database, 'files.db')
  const rows = (statement: string): unknown[] => {
    const index = new DatabaseSync(database)
    const found = index.prepare(statement).all()
    index.close()
    return found
  }
  {
    await using store = await openDiskBlobStore({ folder: folder.database })
    await Promise.all(['a', 'b'].map((key) => store.put(key, small)))
    await store.remove('a')
    await store.put('c', Buffer.from('of one file only'))
    await store.remove('c')
    assert.deepEqual(readdirSync(join(folder.database, 'content')), [])
  }
  assert.equal(rows('select * from small').length, 1)
  rows("update small set bytes = cast(x'00' || substr(bytes, 2) as blob)")
  await using store = await openDiskBlobStore({ folder: folder.database })
  await assert.rejects(readAll(store, 'b', true), failed('content_mismatch'))
  await store.put('d', small)
  assert.deepEqual(await readAll(store, 'b', true), small)
})

test('a folder of an earlier version takes small files, too', async () => {
  using folder = temporaryFolder()
  {
    await using store = await openDiskBlobStore({ folder: folder.database })
    await put(store, 'old', bytes)
  }
  const index = new DatabaseSync(join(folder.database, 'files.db'))
  index.exec('drop table small; pragma user_version = 1')
  index.close()
  await using store = await openDiskBlobStore({ folder: folder.database })
  await store.put('new', Buffer.from('small'))
  assert.deepEqual(await readAll(store, 'old', true), bytes)
  assert.equal(String(await readAll(store, 'new', true)), 'small')
})

test('a bit that was flipped in an upload is noticed when it is completed by a later process', async () => {
  using folder = temporaryFolder()
  const parts = join(folder.database, 'uploads')
  {
    await using store = await openDiskBlobStore({ folder: folder.database })
    await store.begin('a', { size: bytes.length, sha256: sha256Of(bytes) })
    await store.append('a', 0, piecesOf(bytes))
  }
  const [part = ''] = readdirSync(parts)
  writeFileSync(join(parts, part), Buffer.from(bytes).fill('x', 1000, 1001))
  await using store = await openDiskBlobStore({ folder: folder.database })
  await assert.rejects(store.complete('a'), failed('content_mismatch'))
  assert.deepEqual(readdirSync(parts), [])
})

test('a file whose end is missing is never taken for whole, and one that is lost is not called unknown', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  await put(store, 'a', bytes)
  truncateSync(content(folder.database), 200_000)
  await assert.rejects(readAll(store, 'a'), failed('content_mismatch'))
  rmSync(content(folder.database))
  await assert.rejects(readAll(store, 'a'), failed('data_damaged'))
})

test('a link in the folder leads nowhere: nothing outside is read or written', async () => {
  using folder = temporaryFolder()
  const [secret, parts] = [join(dirname(folder.database), 'secret'), join(folder.database, 'uploads')]
  writeFileSync(secret, bytes)
  await using store = await openDiskBlobStore({ folder: folder.database })
  await put(store, 'a', bytes)
  rmSync(content(folder.database))
  symlinkSync(secret, content(folder.database))
  await assert.rejects(readAll(store, 'a'), failed('data_damaged'))
  await store.begin('b')
  const [part = ''] = readdirSync(parts)
  rmSync(join(parts, part))
  symlinkSync(secret, join(parts, part))
  await assert.rejects(store.append('b', 0, piecesOf(Buffer.from('overwritten'))), failed('store_failed'))
  await store.remove('a')
  await store.remove('b')
  assert.deepEqual(readFileSync(secret), bytes)
})

test('a folder that is a link to elsewhere is refused', async () => {
  using folder = temporaryFolder()
  await (await openDiskBlobStore({ folder: folder.database }))[Symbol.asyncDispose]()
  const elsewhere = join(dirname(folder.database), 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(join(elsewhere, 'precious'), 'precious')
  renameSync(join(folder.database, 'content'), join(folder.database, 'old'))
  symlinkSync(elsewhere, join(folder.database, 'content'))
  await assert.rejects(openDiskBlobStore({ folder: folder.database }), failed('data_damaged'))
  assert.deepEqual(readdirSync(elsewhere), ['precious'])
})

test('what nothing tells of is removed when the store is opened', async () => {
  using folder = temporaryFolder()
  await (await openDiskBlobStore({ folder: folder.database }))[Symbol.asyncDispose]()
  for (const inner of ['content', 'uploads']) writeFileSync(join(folder.database, inner, 'left'), 'left')
  await using _store = await openDiskBlobStore({ folder: folder.database })
  for (const inner of ['content', 'uploads']) assert.deepEqual(readdirSync(join(folder.database, inner)), [])
})

test('a process that was killed between moving the bytes and saying so is finished by the next one', async () => {
  using folder = temporaryFolder()
  {
    await using store = await openDiskBlobStore({ folder: folder.database })
    for (const key of ['moved', 'not-moved']) {
      await store.begin(key, { size: bytes.length })
      await store.append(key, 0, piecesOf(bytes))
    }
  }
  {
    using database = new DatabaseSync(join(folder.database, 'files.db'))
    database.prepare('update upload set moved = ?').run(sha256Of(bytes))
    const part = database.prepare("select part from upload where key = 'moved'").get()?.part
    renameSync(join(folder.database, 'uploads', String(part)), content(folder.database))
  }
  await using store = await openDiskBlobStore({ folder: folder.database })
  assert.deepEqual(await readAll(store, 'moved', true), bytes)
  assert.equal(await store.upload('moved'), undefined)
  assert.equal(await store.head('not-moved'), undefined)
  assert.equal((await store.complete('not-moved')).sha256, sha256Of(bytes))
})

test('a folder is for one process at a time, and not for one that is older than it', async () => {
  using folder = temporaryFolder()
  {
    await using _store = await openDiskBlobStore({ folder: folder.database })
    await assert.rejects(openDiskBlobStore({ folder: folder.database }), failed('data_in_use'))
  }
  {
    using database = new DatabaseSync(join(folder.database, 'files.db'))
    database.exec('pragma user_version = 99')
  }
  await assert.rejects(openDiskBlobStore({ folder: folder.database }), failed('data_too_new'))
})

test('content that is removed while an equal upload is completed is there for that one', async () => {
  using folder = temporaryFolder()
  await using store = await openDiskBlobStore({ folder: folder.database })
  await put(store, 'file-0', bytes)
  for (let round = 1; round <= 40; round++) {
    const key = `file-${round}`
    await store.begin(key)
    await store.append(key, 0, piecesOf(bytes))
    await Promise.all([store.complete(key), store.remove(`file-${round - 1}`)])
    assert.deepEqual(await readAll(store, key, true), bytes, key)
  }
})
