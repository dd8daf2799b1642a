import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BlobStore } from '@posthouse/core'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { temporaryFolder } from './folder.ts'
import { bytesOf, piecesOf, readAll, sha256Of } from './sent-files.ts'

/** More for a thorough run: POSTHOUSE_KILLS=500. */
const kills = Number(process.env.POSTHOUSE_KILLS ?? 8)
const program = fileURLToPath(new URL('./sending-process.ts', import.meta.url))

/** What was said of each file: how far it was kept, that it is whole, or that it is gone. */
type Said = Map<number, string>

test('kill -9 at any time loses no file and no byte that was confirmed, and leaves nothing half done', async () => {
  using folder = temporaryFolder()
  let [next, confirmed, resumed] = [0, 0, 0]
  for (let life = 0; life < kills; life++) {
    const said = await live(folder.database, next)
    await using store = await openDiskBlobStore({ folder: folder.database })
    confirmed += await assertFiles(store, said)
    resumed += await goOn(store, said)
    await assertNothingElse(store, folder.database)
    next = Math.max(next, ...said.keys()) + 10
    for (const { key } of await store.list()) await store.remove(key)
  }
  assert.ok(confirmed > 0 && resumed > 0, `${confirmed} files were confirmed, ${resumed} uploads went on`)
})

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

/** Lets a process send for a moment, and kills it. */
async function live(folder: string, first: number): Promise<Said> {
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, folder, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const ended = closed.then(() => assert.fail('the process ended by itself'))
  ended.catch(() => undefined)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  const lines = 1 + below(40)
  await once(child, 'spawn')
  while (text.split('\n').length <= lines) await Promise.race([once(child.stdout, 'data'), ended])
  for (let turns = below(100); turns > 0; turns--) await setImmediate()
  child.kill('SIGKILL')
  await closed
  const said: Said = new Map()
  // The last line may be cut: then nobody was told.
  for (const line of text.slice(0, text.lastIndexOf('\n')).split('\n')) {
    const [count, state = ''] = line.split(' ')
    said.set(Number(count), state)
  }
  return said
}

/** Resolves to how many were said to be whole. */
async function assertFiles(store: BlobStore, said: Said): Promise<number> {
  let whole = 0
  for (const [count, state] of said) {
    const found = await store.head(`life/${count}`)
    if (state === 'gone') assert.equal(found, undefined, `file ${count} was removed`)
    // One that was to be removed may be gone, although nobody was told.
    else if (state === 'whole' && count % 5 !== 4) assert.ok(found, `file ${count} was confirmed`)
    if (state === 'whole') whole++
  }
  for (const { key, size } of await store.list()) {
    const bytes = bytesOf(countOf(key))
    assert.equal(size, bytes.length)
    assert.ok((await readAll(store, key, true)).equals(bytes), `${key} has its bytes`)
  }
  return whole
}

/** Takes each upload to its end from where it was kept; resolves to how many had come so far. */
async function goOn(store: BlobStore, said: Said): Promise<number> {
  let begun = 0
  for (const { key, offset } of await store.uploads()) {
    const bytes = bytesOf(countOf(key))
    const promised = Number(said.get(countOf(key)) ?? 0)
    assert.ok(offset >= promised, `${key} was kept up to ${promised}, and ${offset} are there`)
    await store.append(key, offset, piecesOf(bytes.subarray(offset)))
    assert.equal((await store.complete(key)).sha256, sha256Of(bytes))
    if (offset > 0) begun++
  }
  return begun
}

async function assertNothingElse(store: BlobStore, folder: string): Promise<void> {
  const contents = new Set((await store.list()).map(({ key }) => sha256Of(bytesOf(countOf(key)))))
  assert.deepEqual(readdirSync(join(folder, 'uploads')), [])
  assert.deepEqual(readdirSync(join(folder, 'content')).sort(), [...contents].sort())
}

function countOf(key: string): number {
  return Number(key.split('/')[1])
}
