import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type Envelope, type InboxStore, ManualClock } from '@posthouse/core'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { FolderLock } from '../src/sqlite/folder-lock.ts'
import { openDatabase, synchronousFor } from '../src/sqlite/open-database.ts'
import { startStore } from '../src/sqlite/open-store.ts'
import { temporaryFolder } from './folder.ts'

const limits = { messages: 1e9, bytes: 1e12 }

test('a second later nothing is left in the journal, also of what was committed meanwhile', async () => {
  using folder = temporaryFolder()
  const clock = new ManualClock()
  await using store = await openSqliteStore({ path: folder.database, durability: 'process', clock })
  for (let round = 0; round < 3; round++) {
    await send(store, 'bob', clock.now())
    clock.advance(1000)
    // In the middle of a round.
    await send(store, 'carol', clock.now())
    await untilSettled(folder.database, clock)
  }
  assert.deepEqual([await count(store, 'bob'), await count(store, 'carol')], [3, 3])
})

// SQLite's levels: 2 waits for the disk with each transaction, 1 does not (https://sqlite.org/pragma.html#pragma_synchronous).
for (const [durability, level] of [
  ['disk', 2],
  ['process', 1],
] as const) {
  test(`a commit with durability ${durability} has level ${level}, also after something was settled`, async () => {
    using folder = temporaryFolder()
    const path = folder.database
    const clock = new ManualClock()
    const database = openDatabase(path, synchronousFor(durability))
    await using store = startStore({ path, durability, clock }, { database, lock: new FolderLock(path) })
    const levelNow = (): unknown => database.prepare('pragma synchronous').get()?.synchronous
    await send(store, 'bob', clock.now())
    assert.equal(levelNow(), level)
    await untilSettled(path, clock)
    assert.equal(levelNow(), level)
  })
}

test('what is acknowledged before it is settled never touches a table', async () => {
  using folder = temporaryFolder()
  const clock = new ManualClock()
  await using store = await openSqliteStore({ path: folder.database, durability: 'process', clock })
  const seq = await send(store, 'bob', clock.now())
  await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
  await untilSettled(folder.database, clock)
  assert.equal(rows(folder.database, 'inbox'), 0)
  assert.equal((await store.inspect('bob')).position.seq, seq)
})

test('a store that is written to without a pause keeps its journal and its write-ahead log short', async () => {
  using folder = temporaryFolder()
  await using store = await openSqliteStore({ path: folder.database, durability: 'process', limits })
  const body = { format: 'json', bytes: new Uint8Array(50_000) } as const
  for (let batch = 0; batch < 80; batch++) {
    const appends = Array.from({ length: 40 }, (_, index) => {
      return { envelope: envelope(`${batch}-${index}`, Date.now(), body), recipients: [`away-${index}`] }
    })
    await store.commit({ appends, acknowledgements: [] })
    await setImmediate()
  }
  // 160 MB were written twice, into the journal and into a table.
  assert.ok(statSync(`${folder.database}-wal`).size < 220e6)
  using database = new DatabaseSync(folder.database, { readOnly: true })
  const { bytes } = database.prepare('select sum(length(data)) as bytes from journal').get() ?? {}
  assert.ok(Number(bytes) < 60e6)
  assert.equal(await count(store, 'away-7'), 80)
})

test('a client that is away takes at most 5 KB for ten messages of 300 bytes', async () => {
  using folder = temporaryFolder()
  const clients = 2000
  const body = { format: 'json', bytes: new Uint8Array(300) } as const
  {
    await using store = await openSqliteStore({ path: folder.database, durability: 'process' })
    for (let round = 0; round < 10; round++) {
      const appends = Array.from({ length: clients }, (_, index) => {
        return { envelope: envelope(`${round}-${index}`, Date.now(), body), recipients: [`away-${index}`] }
      })
      await store.commit({ appends, acknowledgements: [] })
    }
  }
  using database = new DatabaseSync(folder.database)
  database.exec('pragma journal_mode = delete')
  const used = Number(database.prepare('select sum(pgsize) as bytes from dbstat').get()?.bytes)
  assert.ok(used / clients <= 5000, `${used / clients} bytes`)
})

async function send(store: InboxStore, to: string, ts: number): Promise<number> {
  const { appends } = await store.commit({
    appends: [{ envelope: envelope('m', ts), recipients: [to] }],
    acknowledgements: [],
  })
  return appends[0]?.state === 'stored' ? appends[0].seq : assert.fail()
}

async function count(store: InboxStore, inbox: string): Promise<number> {
  return (await store.inspect(inbox)).messages
}

/** Lets a second pass, again and again, until the journal is empty; not for ever. */
async function untilSettled(path: string, clock: ManualClock): Promise<void> {
  for (let second = 0; second < 10 && rows(path, 'journal') > 0; second++) {
    clock.advance(1000)
    for (let turn = 0; turn < 10; turn++) await setImmediate()
  }
  assert.equal(rows(path, 'journal'), 0)
}

function rows(path: string, table: string): number {
  using database = new DatabaseSync(path, { readOnly: true })
  return Number(database.prepare(`select count(*) as count from ${table}`).get()?.count)
}

function envelope(
  id: string,
  ts: number,
  body: Envelope['body'] = { format: 'json', bytes: new Uint8Array(5) },
): Envelope {
  return { id: `01hf5k2m3n-${id}`, from: 'sender', to: 'somebody', type: 'text', body, qos: 1, ts }
}
