import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { HubClient } from '@posthouse/client'
import { type Message, putBlob } from '@posthouse/core'
import { blobStoreContract } from '@posthouse/core/testing'
import { openS3BlobStore } from '@posthouse/store/s3'
import { startUp } from '../../posthouse/test/cli.ts'
import { type MotoServer, startMoto, withoutMoto } from './moto-server.ts'

const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
let moto: MotoServer | undefined

async function made(bucket: string): Promise<{ readonly bucket: string; readonly endpoint: string }> {
  const { endpoint = '' } = moto ?? {}
  const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  client.destroy()
  return { bucket, endpoint }
}

describe('the store of files in a bucket that speaks S3', { skip: withoutMoto }, () => {
  before(async () => {
    moto = await startMoto()
  })
  after(() => moto?.[Symbol.asyncDispose]())

  const places = new Set<string>()
  blobStoreContract(
    it,
    async ({ place, clock }) => {
      const { endpoint = '' } = moto ?? {}
      if (!places.has(place)) await made(place)
      places.add(place)
      return openS3BlobStore({ bucket: place, endpoint, credentials, clock })
    },
    { lasts: true, ownTime: false },
  )

  it('makes one object of a file of several parts, also where another process has begun it', async () => {
    const where = await made('parts')
    const bytes = Buffer.alloc(20_000_000)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
    const key = 'cross_comm/bob/1_2.bin'
    const pieces = async function* (from: number, to: number): AsyncGenerator<Uint8Array> {
      for (let at = from; at < to; at += 100_000) yield bytes.subarray(at, Math.min(to, at + 100_000))
    }
    {
      await using store = await openS3BlobStore({ ...where, credentials })
      await store.begin(key, { size: bytes.length, meta: { name: 'ü', type: 'image/png' } })
      assert.equal(await store.append(key, 0, pieces(0, 9_000_000)), 9_000_000)
    }
    await using store = await openS3BlobStore({ ...where, credentials })
    assert.equal((await store.upload(key))?.offset, 9_000_000)
    await store.append(key, 9_000_000, pieces(9_000_000, bytes.length))
    await store.complete(key)
    const url = await store.signedUrl?.(key, { ttlMs: 60_000, disposition: 'attachment; filename="x.png"' })
    const answer = await fetch(url ?? '')
    assert.equal(answer.headers.get('content-type'), 'image/png')
    assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="x.png"')
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes))
    assert.deepEqual(
      (await store.list()).map(({ size }) => size),
      [bytes.length],
    )
    assert.deepEqual(await store.uploads(), [])
  })

  it('is where posthouse up keeps files, once, when it is told so', async () => {
    const { bucket, endpoint } = await made('node')
    const data = mkdtempSync(join(tmpdir(), 'posthouse-s3-'))
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const words = ['--storage', 's3', '--s3-bucket', bucket, '--s3-endpoint', endpoint, '--data', data]
    try {
      await using up = await startUp(words, { env, cwd: data })
      await using alice = new HubClient({ url: up.url, clientId: 'alice' })
      await using bob = new HubClient({ url: up.url, clientId: 'bob' })
      await Promise.all([alice.connect(), bob.connect()])
      mkdirSync(join(data, 'photos/empty'), { recursive: true })
      writeFileSync(join(data, 'photos/a.txt'), 'a')
      writeFileSync(join(data, 'photos/large.bin'), Buffer.alloc(9_000_000, 'large'))
      const told: Message[] = []
      const both = Promise.withResolvers<void>()
      bob.on('folder', (message) => {
        if (told.push(message) === 2) both.resolve()
      })
      const sent = await alice.sendFolder('bob', join(data, 'photos'), { resumeIn: false })
      const again = await alice.sendFolder('bob', join(data, 'photos'), { resumeIn: false })
      assert.deepEqual([sent.reused, again.reused], [0, 2])
      await both.promise
      // Which folders have nothing in them is told by the message only.
      const [, message] = told
      assert.ok(message)
      const { path } = await bob.download(message, join(data, 'd'))
      assert.deepEqual(readdirSync(path).toSorted(), ['a.txt', 'empty', 'large.bin'])
      assert.ok(readFileSync(join(path, 'large.bin')).equals(Buffer.alloc(9_000_000, 'large')))
      await using store = await openS3BlobStore({ bucket, endpoint, credentials })
      const keys = (await store.list({ prefix: sent.key })).map(({ key }) => key.slice(sent.key.length))
      assert.deepEqual(keys, ['a.txt', 'large.bin'])
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  })

  it('tells what other programs have put there, and says where there is no bucket', async () => {
    const where = await made('shared')
    await using store = await openS3BlobStore({ ...where, credentials })
    const info = await putBlob(store, {
      key: 'a',
      bytes: (async function* () {
        yield Buffer.from('x')
      })(),
    })
    assert.equal(info.size, 1)
    await assert.rejects(store.begin('.posthouse/uploads/x'), { code: 'invalid_key' })
    await assert.rejects(openS3BlobStore({ ...where, bucket: 'nowhere', credentials }), { code: 'invalid_option' })
  })
})
