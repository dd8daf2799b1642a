import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { InboxStore } from '@posthouse/core'
import { integrityCheck, openSqliteStore } from '@posthouse/store/sqlite'
import { temporaryFolder } from './folder.ts'
import { batchOf, kept, lastCommit, settings } from './lives.ts'

/** More for a thorough run: POSTHOUSE_KILLS=500. */
const kills = Number(process.env.POSTHOUSE_KILLS ?? 30)
const program = fileURLToPath(new URL('./committing-process.ts', import.meta.url))

/** What is known of the store from outside. */
interface Known {
  /** The newest commit that was reported as done. */
  reported: number
  /** The newest position that was told. */
  newest: number
}

test('kill -9 at any time loses nothing that was confirmed and leaves nothing half done', async () => {
  using folder = temporaryFolder()
  const known: Known = { reported: 0, newest: 0 }
  for (let life = 0; life < kills; life++) {
    await live(folder.database, known, life)
    await using store = await openSqliteStore({ path: folder.database, durability: 'process', ...settings })
    await assertWhole(store, known)
    // Now and then everything is read, so that the next lives begin with an empty inbox.
    if (life % 5 === 4) await store.commit({ appends: [], acknowledgements: [{ inbox: 'keeper', seq: known.newest }] })
  }
  assert.ok(known.reported > 0)
  assert.deepEqual(integrityCheck(folder.database).problems, [])
})

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

/** Lets a process commit for a moment, and kills it. */
async function live(path: string, known: Known, life: number): Promise<void> {
  const durability = life % 2 === 0 ? 'disk' : 'process'
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, path, durability], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const ended = closed.then(() => assert.fail('the process ended by itself'))
  ended.catch(() => undefined)
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  // Any moment: while it starts, or some commits later, and not always just after one.
  const commits = life % 8 === 7 ? 0 : below(life % 3 === 0 ? 300 : 30)
  await once(child, 'spawn')
  while (said.split('\n').length <= commits) await Promise.race([once(child.stdout, 'data'), ended])
  for (let turns = below(100); turns > 0; turns--) await setImmediate()
  child.kill('SIGKILL')
  await closed
  // The last line may be cut: then nobody was told.
  const last = said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1) ?? ''
  if (last === '') return
  const [count, seq] = last.split(' ').map(Number)
  assert.ok(Number(seq) > known.newest, 'positions grow')
  known.reported = Number(count)
  known.newest = Number(seq)
}

async function assertWhole(store: InboxStore, known: Known): Promise<void> {
  const last = await lastCommit(store)
  assert.ok(last >= known.reported, `commit ${known.reported} was confirmed, and ${last} is the last one there`)
  const { newest, position } = await store.inspect('keeper')
  assert.ok(newest >= known.newest)
  const ids: number[] = []
  for (let after = position.seq; ; ) {
    const page = await store.read('keeper', after, 500)
    if (page.length === 0) break
    for (const { seq, envelope } of page) {
      ids.push(Number(envelope.id))
      after = seq
    }
  }
  const first = ids[0] ?? last * kept + 1
  assert.deepEqual(
    ids,
    Array.from({ length: last * kept - first + 1 }, (_, index) => first + index),
  )
  assert.equal(ids.at(-1) ?? last * kept, last * kept)
  assert.deepEqual(await names(store.read('reader', 0, 10)), last > 0 ? [`passing-${last}`] : [])
  const { entries } = await store.readLog({ to: 'channel:news' }, 0, 100)
  assert.deepEqual(await names(entries), lastFew(last, 5))
  assert.deepEqual(await names(store.retained(() => true)), lastFew(last, 1))
  assert.deepEqual(await names(store.shelf({ kind: 'dead', limit: 10 })), lastFew(last, 5))
  assert.equal(await store.lastAccepted('p'), last * kept)
  assert.equal(await store.lastAccepted('refused'), last)
  await assertRemembered(store, last)
  known.reported = last
  known.newest = newest
}

/** The newest commit again: each part of it gets the answer that it got. */
async function assertRemembered(store: InboxStore, last: number): Promise<void> {
  if (last === 0) return
  const again = batchOf(last, 10).appends.filter((append) => append.from !== undefined)
  const { appends } = await store.commit({ appends: again, acknowledgements: [] })
  const duplicates = Array.from({ length: kept }, () => ({ state: 'duplicate' }))
  assert.deepEqual(appends, [...duplicates, { state: 'refused', code: 'forbidden' }])
}

async function names(
  entries: Promise<readonly { envelope: { id: string } }[]> | readonly { envelope: { id: string } }[],
): Promise<string[]> {
  return (await entries).map(({ envelope }) => envelope.id)
}

function lastFew(last: number, count: number): string[] {
  const length = Math.min(last, count)
  return Array.from({ length }, (_, index) => `${last - length + index + 1}`)
}
