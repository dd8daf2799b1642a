import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type FileMessage, HubClient, type TransferProgress } from '@posthouse/client'
import { TransferGate } from '@posthouse/client/files'
import { ManualClock, type UploadInfo } from '@posthouse/core'
import { type FaultyWay, faultyWay } from './faulty-way.ts'
import { openPost, type Post, sha256 } from './post.ts'
import { smallDisk } from './small-disk.ts'

const mebibyte = 1_048_576
/** `POSTHOUSE_FILE_MIB` sends more than the tests do. */
const size = Number(process.env.POSTHOUSE_FILE_MIB ?? 24) * mebibyte
const cuts = 50
/** What the buffers of a way of two connections may hold, and so what one cut may cost: less than what comes between two. */
const partBytes = Math.min(mebibyte, (0.8 * size) / cuts)

/** Runs a program that sends or receives, and kills it when it says that it is in the middle of that. */
async function mortal(way: FaultyWay, args: readonly string[]): Promise<readonly string[]> {
  const program = fileURLToPath(new URL('mortal-client.ts', import.meta.url))
  const url = `ws://127.0.0.1:${way.port}`
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, url, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.push(...text.split('\n').filter((line) => line !== ''))
    child.kill('SIGKILL')
  })
  await once(child, 'close')
  return said
}

/** The upload that was begun, once the hub knows that its connection is gone. */
async function arrivedPart({ store }: Post): Promise<UploadInfo | undefined> {
  for (let looks = 0; looks < 100_000; looks++) {
    const [upload] = await store.uploads({ prefix: 'cross_comm/alice/' })
    if (upload && upload.offset > 0) return upload
    await new Promise((resolve) => setImmediate(resolve))
  }
  return undefined
}

suite('an upload', () => {
  test(`whose connection is cut ${cuts} times arrives whole, and sends no more than a part again for each cut`, async (t) => {
    await using post = await openPost()
    await using way = await faultyWay(post.port, { cutEvery: size / cuts, most: cuts })
    const alice = await post.client('alice', { url: `ws://127.0.0.1:${way.port}`, reconnect: { baseMs: 1, capMs: 20 } })
    const bytes = randomBytes(size)
    const path = join(post.folder, 'large.bin')
    await writeFile(path, bytes)
    const { key, sha256: told } = await alice.sendFile('alice', path, { resumeIn: false, patienceMs: 60_000 })
    assert.equal(told, sha256(bytes))
    assert.equal((await post.store.head(key))?.sha256, sha256(bytes))
    assert.ok(way.cuts > cuts / 2, `there were ${way.cuts} cuts only`)
    // What has come to the hub is kept, but for what a request that breaks off holds; what the way had in its hands is lost.
    const [came, again] = [post.received - size, way.carried - size]
    t.diagnostic(
      `for each of ${way.cuts} cuts ${Math.round(again / way.cuts)} bytes were sent again, ${Math.round(came / way.cuts)} came again`,
    )
    assert.ok(came / way.cuts < 262_144, `${came} bytes came again for ${way.cuts} cuts`)
    assert.ok(again / way.cuts < partBytes, `${again} bytes were sent again for ${way.cuts} cuts`)
  })

  test('of which a bit is changed on its way is sent again, and what arrived changed is never told of', async () => {
    await using post = await openPost()
    await using way = await faultyWay(post.port, { flipAt: 2 * mebibyte })
    const alice = await post.client('alice', { url: `ws://127.0.0.1:${way.port}` })
    const bytes = randomBytes(4 * mebibyte)
    const { key } = await alice.sendFile('alice', bytes)
    assert.equal(way.flipped, 1)
    assert.equal((await post.store.head(key))?.sha256, sha256(bytes))
  })

  test('goes on where it was after its sender was killed', async () => {
    await using post = await openPost()
    const path = join(post.folder, 'large.bin')
    const bytes = randomBytes(size)
    await writeFile(path, bytes)
    const notes = join(post.folder, 'notes')
    await using way = await faultyWay(post.port, { restMs: 4 })
    const said = await mortal(way, ['send', path, notes])
    assert.deepEqual(said, ['held'])
    const upload = await arrivedPart(post)
    assert.ok(upload && upload.offset > 0, 'nothing had arrived when it was killed')
    const alice = await post.client('alice', { url: `ws://127.0.0.1:${way.port}` })
    const told: TransferProgress[] = []
    const sent = await alice.sendFile('alice', path, { resumeIn: notes, onProgress: (progress) => told.push(progress) })
    assert.equal(sent.key, upload.key)
    assert.equal(sent.sha256, sha256(bytes))
    assert.ok((told[0]?.bytes ?? 0) >= upload.offset, 'it began anew')
    assert.deepEqual(await readdir(notes), [])
  })
})

test('a hub whose disk is full says so at its door, and keeps nothing of what it could not take', async (t) => {
  using disk = smallDisk(24)
  if (disk === undefined) return t.skip('a small disk cannot be mounted here')
  await using post = await openPost({ disk: disk.path })
  const alice = await post.client('alice')
  await assert.rejects(alice.sendFile('bob', randomBytes(22 * mebibyte)), { code: 'no_room' })
  const asked = await alice.request('hub', 'files.upload', { name: 'a' })
  const { url = '', location = '', token } = asked as Readonly<Record<string, string>>
  const at = (path: string): URL => new URL(path, `http://127.0.0.1:${post.port}`)
  const own = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' }
  const more = { 'upload-defer-length': '1', 'content-type': 'application/offset+octet-stream' }
  const body = randomBytes(30 * mebibyte)
  const answer = await fetch(at(url), { method: 'POST', headers: { ...own, ...more }, body })
  assert.deepEqual([answer.status, ((await answer.json()) as { readonly code: string }).code], [507, 'no_room'])
  assert.deepEqual(await post.store.list(), [])
  // It could go on when there is room. Whoever gives it up says so, as the client does of a stream.
  assert.equal((await fetch(at(location), { method: 'DELETE', headers: own })).status, 204)
  const stream = new Blob([randomBytes(30 * mebibyte)]).stream()
  await assert.rejects(alice.sendFile('bob', stream), { code: 'no_room' })
  assert.deepEqual(await post.store.uploads(), [])
  const { key } = await alice.sendFile('alice', randomBytes(8 * mebibyte))
  assert.equal((await post.store.head(key))?.size, 8 * mebibyte)
})

suite('a download', () => {
  test(`whose connection is cut ${cuts} times arrives whole`, async () => {
    await using post = await openPost()
    await using way = await faultyWay(post.port, { cutBackEvery: size / cuts, most: cuts })
    const [alice, bob] = [
      await post.client('alice'),
      await post.client('bob', { url: `ws://127.0.0.1:${way.port}`, reconnect: { baseMs: 1, capMs: 20 } }),
    ]
    const bytes = randomBytes(size)
    const { key } = await alice.sendFile('bob', bytes)
    const { path } = await bob.download(key, join(post.folder, 'd'))
    assert.equal(sha256(await readFile(path)), sha256(bytes))
    assert.ok(way.cuts > cuts / 2, `there were ${way.cuts} cuts only`)
  })

  test('of which a bit is changed on its way is fetched again', async () => {
    await using post = await openPost()
    await using way = await faultyWay(post.port, { flipBackAt: 2 * mebibyte })
    const [alice, bob] = [await post.client('alice'), await post.client('bob', { url: `ws://127.0.0.1:${way.port}` })]
    const bytes = randomBytes(4 * mebibyte)
    const { key } = await alice.sendFile('bob', bytes)
    const { path } = await bob.download(key, join(post.folder, 'd'))
    assert.equal(way.flipped, 1)
    assert.equal(sha256(await readFile(path)), sha256(bytes))
  })

  test('goes on where it was after its receiver was killed, and has no name before it is whole', async () => {
    await using post = await openPost()
    const bob = await post.client('bob')
    await bob.close()
    const alice = await post.client('alice')
    const bytes = randomBytes(size)
    const { key } = await alice.sendFile('bob', bytes, { name: 'large.bin' })
    const directory = join(post.folder, 'd')
    await using way = await faultyWay(post.port, { restMs: 4 })
    const said = await mortal(way, ['receive', directory])
    assert.deepEqual(said, ['held'])
    const found = await readdir(join(directory, 'cross_comm/alice'))
    assert.deepEqual(found, [`${key.split('/')[2]}.part`])
    const told: TransferProgress[] = []
    const next = new HubClient({ url: post.url, clientId: 'bob' })
    const arrived = new Promise<FileMessage>((resolve) => {
      next.on('file', { downloadTo: directory, onProgress: (progress) => told.push(progress) }, resolve)
    })
    await next.connect()
    // The message was not acknowledged: it comes again.
    const by = await arrived
    assert.ok((told[0]?.bytes ?? 0) > 0, 'it began anew')
    assert.equal(sha256(await readFile(by.localPath ?? '')), sha256(bytes))
    assert.deepEqual(await readdir(join(directory, 'cross_comm/alice')), [key.split('/')[2]])
    await next.close()
  })

  test('of which a bit has turned on the disk of the hub fails, and leaves nothing', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    const bytes = randomBytes(mebibyte)
    const { key } = await alice.sendFile('alice', bytes)
    const content = join(post.folder, 'hub/content', sha256(bytes))
    await writeFile(content, Buffer.from(bytes).fill('?', 500_000, 500_008))
    await assert.rejects(alice.download(key, join(post.folder, 'd')), { code: 'content_mismatch' })
    assert.deepEqual(await readdir(join(post.folder, 'd/cross_comm/alice')), [])
  })

  test('asks for another URL when the one it was given has had its time', async () => {
    const clock = new ManualClock()
    await using post = await openPost({ clock, limits: { urlMs: 1000 } })
    await using way = await faultyWay(post.port, { cutBackEvery: mebibyte, most: 1 })
    const [alice, bob] = [await post.client('alice'), await post.client('bob', { url: `ws://127.0.0.1:${way.port}` })]
    const bytes = randomBytes(3 * mebibyte)
    const { key } = await alice.sendFile('bob', bytes)
    const { url } = (await bob.request('hub', 'files.url', { key })) as { readonly url: string }
    const gate = new TransferGate()
    gate.pause()
    // It has its URL by then, and has not used it.
    const onProgress = (): void => {
      if (gate.paused) clock.advance(2000)
      gate.resume()
    }
    const { path } = await bob.download(key, join(post.folder, 'd'), { gate, onProgress })
    assert.equal((await fetch(new URL(url, `http://127.0.0.1:${post.port}`))).status, 401)
    assert.equal(way.cuts, 1)
    assert.equal(sha256(await readFile(path)), sha256(bytes))
  })

  test('that fills the disk fails, is no whole file, and goes on when there is room', async (t) => {
    using disk = smallDisk(12)
    if (disk === undefined) return t.skip('a small disk cannot be mounted here')
    await using post = await openPost()
    const alice = await post.client('alice')
    const bytes = randomBytes(5 * mebibyte)
    const { key: large } = await alice.sendFile('alice', Buffer.alloc(13 * mebibyte))
    await assert.rejects(alice.download(large, disk.path), { code: 'no_room' })
    const { key } = await alice.sendFile('alice', bytes)
    const ballast = join(disk.path, 'ballast')
    const told: number[] = []
    const onProgress = ({ bytes: come }: TransferProgress): void => {
      // There was room when it began.
      if (told.length === 0) writeFileSync(ballast, Buffer.alloc(8 * mebibyte))
      told.push(come)
    }
    await assert.rejects(alice.download(key, disk.path, { onProgress }), { code: 'no_room' })
    const folder = join(disk.path, 'cross_comm/alice')
    assert.deepEqual(await readdir(folder), [`${key.split('/')[2]}.part`])
    await rm(ballast)
    const again: number[] = []
    const options = { onProgress: ({ bytes: come }: TransferProgress) => again.push(come) }
    const { path } = await alice.download(key, disk.path, options)
    assert.deepEqual([told[0], (again[0] ?? 0) > mebibyte], [0, true])
    assert.equal(sha256(await readFile(path)), sha256(bytes))
    assert.deepEqual(await readdir(folder), [key.split('/')[2]])
  })

  test('of two programs into one directory gives each of them the whole file', async () => {
    await using post = await openPost()
    await using way = await faultyWay(post.port, { restMs: 2 })
    const [bob, alice] = [await post.client('bob'), await post.client('alice', { url: `ws://127.0.0.1:${way.port}` })]
    await bob.close()
    const bytes = randomBytes(16 * mebibyte)
    const { key } = await alice.sendFile('bob', bytes)
    const directory = join(post.folder, 'd')
    const [said, { path }] = await Promise.all([mortal(way, ['fetch', directory, key]), alice.download(key, directory)])
    assert.deepEqual(said, [`saved ${path}`])
    assert.equal(sha256(await readFile(path)), sha256(bytes))
    assert.deepEqual(await readdir(join(directory, 'cross_comm/alice')), [key.split('/')[2]])
  })

  test('is the same for two receivers, in one directory, too', async () => {
    await using post = await openPost()
    const [alice, bob, carol] = [await post.client('alice'), await post.client('bob'), await post.client('carol')]
    await Promise.all([alice, bob, carol].map((client) => client.join('team')))
    const bytes = randomBytes(6 * mebibyte)
    const both = [bob, carol].map(
      (client) =>
        new Promise<FileMessage>((resolve) => client.on('file', { downloadTo: join(post.folder, 'd') }, resolve)),
    )
    await alice.sendFile('group:team', bytes)
    const [one, two] = await Promise.all(both)
    assert.equal(one?.downloadError, undefined)
    assert.equal(one?.localPath, two?.localPath)
    assert.equal(sha256(await readFile(one?.localPath ?? '')), sha256(bytes))
  })
})
