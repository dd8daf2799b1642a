import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { FileMessage, HubClient, Message } from '@posthouse/client'
import { type BlobStore, putBlob } from '@posthouse/core'
import { openOssBlobStore } from '@posthouse/store/oss'
import { ossSecrets, startOss } from '../../packages/store/test/oss-server.ts'
import { openPost } from './post.ts'

/** What a program of the original library sees of a bucket: keys and bytes. */
async function put(bucket: BlobStore, key: string, text: string): Promise<void> {
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  await putBlob(bucket, { key, bytes: bytes() })
}

async function textOf(bucket: BlobStore, key: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of await bucket.read(key)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function next(client: HubClient, downloadTo?: string): Promise<FileMessage> {
  return new Promise((resolve) => {
    if (downloadTo === undefined) client.on('*', (message: Message) => resolve(message))
    else client.on('*', { downloadTo }, resolve)
  })
}

suite('a bucket that programs of cross_comm use, too', () => {
  for (const [program, key] of [
    ['Python', 'cross_comm/old/1795167062089_fe7e40eb.txt'],
    ['Java', 'old_1795167062089_report 1.txt'],
    ['Swift', 'cross_comm/old/1795167062089_FE7E40EB.txt'],
  ] as const) {
    test(`gives a client the file that a ${program} program put there`, async () => {
      await using oss = await startOss()
      await using bucket = await openOssBlobStore({ ...ossSecrets, endpoint: oss.endpoint, bucket: 'bucket' })
      await using post = await openPost({ wrap: () => bucket })
      const [bob, old] = [await post.client('bob'), await post.client('old', { dialect: 'cross_comm' })]
      await put(bucket, key, 'from afar')
      const arrived = next(bob, join(post.folder, 'd'))
      await old.send('bob', { key, name: 'a.txt', path: 'src/a.txt' }, { type: 'file' })
      const { localPath = '', fileName, downloadError } = await arrived
      assert.equal(downloadError, undefined)
      assert.equal(localPath, join(post.folder, 'd', key))
      assert.equal(fileName, 'a.txt')
      assert.equal(await readFile(localPath, 'utf8'), 'from afar')
    })
  }

  for (const [program, key] of [
    ['Python', 'cross_comm/old/1795167062557_a6905224_folder/'],
    ['Swift', 'cross_comm/old/1795167062557_A6905224_photos 1/'],
    ['Java', 'photos 1'],
  ] as const) {
    test(`gives a client the folder that a ${program} program laid out`, async () => {
      await using oss = await startOss()
      await using bucket = await openOssBlobStore({ ...ossSecrets, endpoint: oss.endpoint, bucket: 'bucket' })
      await using post = await openPost({ wrap: () => bucket })
      const [bob, old] = [await post.client('bob'), await post.client('old', { dialect: 'cross_comm' })]
      const folder = key.replace(/\/?$/, '/')
      await put(bucket, `${folder}a.txt`, 'a')
      await put(bucket, `${folder}sub/.hidden`, 'h')
      const arrived = next(bob, join(post.folder, 'd'))
      await old.send('bob', { key, name: 'folder', path: 'src/folder' }, { type: 'folder' })
      const { localPath = '', downloadError } = await arrived
      assert.equal(downloadError, undefined)
      assert.deepEqual((await readdir(localPath, { recursive: true })).toSorted(), ['a.txt', 'sub', 'sub/.hidden'])
      assert.equal(await readFile(join(localPath, 'sub/.hidden'), 'utf8'), 'h')
    })
  }

  test('gives such a program what a client sends: files, sounds as files, and folders file by file', async () => {
    await using oss = await startOss()
    await using bucket = await openOssBlobStore({ ...ossSecrets, endpoint: oss.endpoint, bucket: 'bucket' })
    await using post = await openPost({ wrap: () => bucket })
    const [alice, old] = [await post.client('alice'), await post.client('old', { dialect: 'cross_comm' })]
    const file = next(old)
    const { key } = await alice.sendFile('old', Buffer.from('hello'), { name: 'a.txt' })
    assert.deepEqual([(await file).type, ((await file).body as { key: string }).key], ['file', key])
    assert.match(key, /^cross_comm\/alice\/\d+_[0-9a-f]{8}\.txt$/)
    assert.equal(await textOf(bucket, key), 'hello')
    const sound = next(old)
    await alice.sendAudio('old', Buffer.from('la'), { name: 'a.mp3' })
    assert.equal((await sound).type, 'file')
    await mkdir(join(post.folder, 'dir/sub'), { recursive: true })
    await writeFile(join(post.folder, 'dir/sub/b.txt'), 'b')
    const folder = next(old)
    const sent = await alice.sendFolder('old', join(post.folder, 'dir'), { resumeIn: false })
    assert.equal(((await folder).body as { key: string }).key, sent.key)
    assert.equal(await textOf(bucket, `${sent.key}sub/b.txt`), 'b')
    const again = await alice.sendFolder('alice', join(post.folder, 'dir'), { resumeIn: false })
    assert.deepEqual([sent.reused, again.reused], [0, 1], 'what the bucket has is not sent twice')
    assert.equal(await textOf(bucket, `${again.key}sub/b.txt`), 'b')
  })
})

test('a program of cross_comm is sent no file that it could not fetch', async () => {
  await using post = await openPost()
  const [alice, old] = [await post.client('alice'), await post.client('old', { dialect: 'cross_comm' })]
  await assert.rejects(old.sendFile('alice', Buffer.from('x')), { code: 'unsupported', message: /json has/ })
  await assert.rejects(alice.sendFile('old', Buffer.from('x')), { code: 'no_shared_storage' })
})
