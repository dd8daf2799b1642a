import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type FileMessage, HubClient, type TransferProgress } from '@posthouse/client'
import type { UploadInfo } from '@posthouse/core'
import { type FaultyWay, faultyWay } from './faulty-way.ts'
import { openPost, type Post, sha256 } from './post.ts'

const mebibyte = 1_048_576
/** `POSTHOUSE_FILE_MIB` sends more than the tests do. */
const size = Number(process.env.POSTHOUSE_FILE_MIB ?? 24) * mebibyte
const cuts = 50

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
  test(`whose connection is cut ${cuts} times arrives whole, and sends no more than a part again for each cut`, async () => {
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
    // What the kernels of both ends had in their hands is lost with each cut.
    const again = way.carried - size
    assert.ok(again / way.cuts < 8 * mebibyte, `${again} bytes were sent again for ${way.cuts} cuts`)
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
