import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { putBlob } from '@posthouse/core'
import { openCallStore } from '@posthouse/store/calls'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { temporaryFolder } from './folder.ts'
import { piecesOf, put, readAll } from './sent-files.ts'

const failed = { name: 'PosthouseError', code: 'no_room' }
const mebibyte = 1 << 20

async function* zeros(mebibytes: number): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < mebibytes * 16; count++) yield Buffer.alloc(65_536, count)
}

test('a file that does not fit is refused before its first byte, with what others have announced', async (context) => {
  await onSmallDisk(context, 24, async (disk) => {
    await using store = await openDiskBlobStore({ folder: join(disk, 'files') })
    await assert.rejects(store.begin('too-large', { size: 22 * mebibyte }), failed)
    await store.begin('large', { size: 12 * mebibyte })
    await assert.rejects(store.begin('second', { size: 12 * mebibyte }), failed)
    await store.append('large', 0, zeros(12))
    await store.complete('large')
    await assert.rejects(store.begin('second', { size: 12 * mebibyte }), failed)
    await store.remove('large')
    await store.begin('second', { size: 12 * mebibyte })
  })
})

test('a file of unknown size that fills the disk fails, and nothing of it is left', async (context) => {
  await onSmallDisk(context, 24, async (disk) => {
    await using store = await openDiskBlobStore({ folder: join(disk, 'files') })
    await store.check()
    await assert.rejects(putBlob(store, { key: 'endless', bytes: zeros(100) }), failed)
    await store.check()
    assert.deepEqual([await store.list(), await store.uploads()], [[], []])
    for (const inner of ['content', 'uploads']) assert.deepEqual(readdirSync(join(disk, 'files', inner)), [])
    await putBlob(store, { key: 'fits', bytes: zeros(8) })
    assert.equal((await readAll(store, 'fits', true)).length, 8 * mebibyte)
  })
})

test('an upload that meets a full disk gives back what the attempt took, and goes on when there is room', async (context) => {
  await onSmallDisk(context, 24, async (disk) => {
    await using store = await openDiskBlobStore({ folder: join(disk, 'files') })
    const small = Buffer.alloc(100_000, 'small')
    await put(store, 'small', small)
    const bytes = Buffer.alloc(12 * mebibyte, 'large')
    await store.begin('large', { size: bytes.length })
    await store.append('large', 0, piecesOf(bytes.subarray(0, mebibyte)))
    const ballast = join(disk, 'ballast')
    assert.throws(
      () =>
        writeFileSync(ballast, Buffer.alloc(12 * mebibyte)) ??
        writeFileSync(`${ballast}2`, Buffer.alloc(24 * mebibyte)),
      {
        code: 'ENOSPC',
      },
    )
    await assert.rejects(store.append('large', mebibyte, piecesOf(bytes.subarray(mebibyte))), failed)
    await assert.rejects(store.check(), failed)
    assert.equal((await store.upload('large'))?.offset, mebibyte)
    assert.deepEqual(await readAll(store, 'small', true), small)
    for (const path of [ballast, `${ballast}2`]) rmSync(path, { force: true })
    await store.append('large', mebibyte, piecesOf(bytes.subarray(mebibyte)))
    await store.complete('large')
    assert.ok((await readAll(store, 'large', true)).equals(bytes))
  })
})

test('a memory of calls on a full disk says so once a call was refused, until there is room', async (context) => {
  await onSmallDisk(context, 2, async (disk) => {
    await using store = openCallStore({ path: join(disk, 'calls.db') })
    const now = Date.now()
    const call = { caller: 'ana', procedure: 'x', inputHash: 'y', at: now, deadline: now, state: 'done' } as const
    const answer = JSON.stringify('x'.repeat(200_000))
    const ballast = join(disk, 'ballast')
    assert.throws(() => writeFileSync(ballast, Buffer.alloc(2 * mebibyte)), { code: 'ENOSPC' })
    const check = async (): Promise<void> => await store.check?.()
    await check()
    const refused = { name: 'PosthouseError', code: 'store_failed' }
    await assert.rejects(async () => store.put({ ...call, id: 'r1', answer }), refused)
    await assert.rejects(check(), refused)
    rmSync(ballast)
    await check()
    await store.put({ ...call, id: 'r1', answer })
    assert.equal((await store.get('ana', 'r1'))?.answer, answer)
  })
})

/** Has `task` work on a disk of its own. */
async function onSmallDisk(
  context: TestContext,
  mebibytes: number,
  task: (disk: string) => Promise<void>,
): Promise<void> {
  using folder = temporaryFolder()
  const disk = join(dirname(folder.database), 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    context.skip('a small disk cannot be mounted here')
    return
  }
  try {
    await task(disk)
  } finally {
    execFileSync('umount', [disk])
  }
}
