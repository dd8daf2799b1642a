import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { FileMessage, HubClient, TransferProgress } from '@posthouse/client'
import { openPost } from './post.ts'

function nextFolder(client: HubClient, downloadTo: string, saveAs: 'key' | 'name' = 'key'): Promise<FileMessage> {
  return new Promise((resolve) => client.on('folder', { downloadTo, saveAs }, resolve))
}

/** What is below a folder: each path with its content, directories with `null`. */
async function treeOf(root: string): Promise<Record<string, string | null>> {
  const found = await readdir(root, { recursive: true, withFileTypes: true })
  const rows = found.map(async (entry): Promise<[string, string | null]> => {
    const path = join(entry.parentPath, entry.name)
    return [path.slice(root.length + 1), entry.isDirectory() ? null : await readFile(path, 'base64')]
  })
  return Object.fromEntries((await Promise.all(rows)).toSorted())
}

suite('a folder', () => {
  test('arrives with its hidden files, empty folders, modes and times, and without its links', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const root = join(post.folder, 'photos')
    await mkdir(join(root, 'empty/inside'), { recursive: true })
    await mkdir(join(root, 'ünï (code) %41 #?'), { recursive: true })
    await writeFile(join(root, '.hidden'), 'h')
    await writeFile(join(root, 'nothing'), '')
    await writeFile(join(root, 'run.sh'), '#!/bin/sh\n')
    await chmod(join(root, 'run.sh'), 0o755)
    await writeFile(join(root, 'ünï (code) %41 #?/a b+c.txt'), 'abc')
    await writeFile(join(root, 'large.bin'), randomBytes(3_000_000))
    await utimes(join(root, 'large.bin'), 1_600_000_000, 1_600_000_000)
    const before = await treeOf(root)
    await symlink('/etc/passwd', join(root, 'link'))
    const told: TransferProgress[] = []
    const arrived = nextFolder(bob, join(post.folder, 'd'))
    const sent = await alice.sendFolder('bob', root, { onProgress: (progress) => told.push(progress), resumeIn: false })
    const { localPath = '', fileName, downloadError, body } = await arrived
    assert.equal(downloadError, undefined)
    assert.match(sent.key, /^cross_comm\/alice\/\d+_[0-9a-f]{8}_folder\/$/)
    assert.equal(localPath, join(post.folder, 'd', sent.key.slice(0, -1)))
    assert.equal(fileName, 'photos')
    assert.deepEqual(await treeOf(localPath), before)
    assert.equal((await stat(join(localPath, 'run.sh'))).mode & 0o111, 0o111)
    assert.equal((await stat(join(localPath, 'large.bin'))).mtimeMs, 1_600_000_000_000)
    assert.deepEqual(sent.skipped, [{ path: 'link', reason: 'symlink' }])
    assert.equal(told.at(-1)?.bytes, sent.size)
    assert.deepEqual(told.at(-1)?.files, { done: 5, total: 5 })
    assert.deepEqual(Object.keys(body as object).sort(), ['bytes', 'entries', 'key', 'manifest', 'name'])
    assert.deepEqual(await readdir(join(post.folder, 'd/cross_comm/alice')), [sent.key.split('/')[2]])
  })

  test('may be empty', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    await mkdir(join(post.folder, 'empty'))
    const arrived = nextFolder(bob, join(post.folder, 'd'), 'name')
    await alice.sendFolder('bob', join(post.folder, 'empty'), { resumeIn: false })
    const { localPath = '' } = await arrived
    assert.equal(localPath, join(post.folder, 'd/empty'))
    assert.deepEqual(await readdir(localPath), [])
  })

  test('sends content once that it has twice, or that the hub has from this client', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const root = join(post.folder, 'copies')
    await mkdir(root)
    for (const name of ['a', 'b', 'c']) await writeFile(join(root, name), 'the same')
    await writeFile(join(root, 'd'), 'another')
    const arrived = nextFolder(bob, join(post.folder, 'd'))
    const first = await alice.sendFolder('bob', root, { resumeIn: false })
    assert.equal(first.reused, 2)
    await arrived
    const before = await treeOf(root)
    const second = await alice.sendFolder('bob', root, { resumeIn: false })
    assert.equal(second.reused, 4)
    const { path } = await bob.download(second.key, join(post.folder, 'by-key'))
    assert.deepEqual(await treeOf(path), before)
  })

  test('sends what is missing when it is sent again, and what has changed', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const root = join(post.folder, 'work')
    const notes = join(post.folder, 'notes')
    await mkdir(root)
    for (let number = 0; number < 20; number++) await writeFile(join(root, `${number}.txt`), `file ${number}`)
    const giving = new AbortController()
    const options = { resumeIn: notes, parallel: 1 }
    const first = alice.sendFolder('bob', root, { ...options, signal: giving.signal })
    const given = assert.rejects(first, { code: 'aborted' })
    for (let looks = 0; looks < 10_000; looks++) {
      if ((await post.store.list({ prefix: 'cross_comm/alice/' })).length >= 3) break
      await new Promise((resolve) => setImmediate(resolve))
    }
    giving.abort()
    await given
    await writeFile(join(root, '0.txt'), 'changed')
    await unlink(join(root, '19.txt'))
    const arrived = nextFolder(bob, join(post.folder, 'd'))
    const sent = await alice.sendFolder('bob', root, options)
    assert.ok(sent.reused > 0, 'nothing of the first attempt was used')
    const { localPath = '', downloadError } = await arrived
    assert.equal(downloadError, undefined)
    assert.deepEqual(await treeOf(localPath), await treeOf(root))
    assert.deepEqual(await readdir(notes), [])
  })

  test('that is none, or has nothing to be read, is an error', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    await assert.rejects(alice.sendFolder('bob', join(post.folder, 'nowhere')), { code: 'source_failed' })
    await assert.rejects(alice.sendFolder('bob', '/etc/passwd'), { code: 'source_failed' })
    await assert.rejects(alice.sendFolder('bob', post.folder, { parallel: 0 }), { code: 'invalid_option' })
  })
})
