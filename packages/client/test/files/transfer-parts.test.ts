import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { ManualClock, PosthouseError, systemClock } from '@posthouse/core'
import { bytesSource } from '../../src/files/blob-source.ts'
import { platform as browser } from '../../src/files/browser/platform.ts'
import { openFile } from '../../src/files/node/file-source.ts'
import { PartFile } from '../../src/files/node/part-file.ts'
import { Places, realDirectory } from '../../src/files/node/places.ts'
import { platform } from '../../src/files/node/platform.ts'
import { recordKeeper } from '../../src/files/node/record-keeper.ts'
import { persist } from '../../src/files/persist.ts'
import { Meter, type TransferProgress } from '../../src/files/progress.ts'
import { StallGuard } from '../../src/files/stall-guard.ts'
import { TransferGate } from '../../src/files/transfer-gate.ts'
import { TusUpload } from '../../src/files/tus-upload.ts'
import type { UploadSource } from '../../src/files/upload-source.ts'
import { stockTus } from './stock-tus.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'files-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

async function contentOf(source: UploadSource, start = 0, end = source.size ?? 0): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source.read(start, end)) pieces.push(piece.slice())
  return Buffer.concat(pieces)
}

suite('a source', () => {
  test('reads a file from any place', async (t) => {
    const path = join(await folder(t), 'a.bin')
    const bytes = randomBytes(3_000_000)
    await writeFile(path, bytes)
    await using source = await openFile(path)
    assert.deepEqual([source.name, source.size, source.seekable], ['a.bin', bytes.length, true])
    assert.deepEqual(await contentOf(source, 1_500_000), bytes.subarray(1_500_000))
    assert.deepEqual(await contentOf(source), bytes)
    await source.verify()
  })

  for (const [how, change] of [
    ['was written to', (path: string) => appendFile(path, 'more')],
    ['was written over in place', (path: string) => writeFile(path, 'cba', { flag: 'r+' })],
    ['was replaced', (path: string) => writeFile(`${path}.new`, 'abc').then(() => rename(`${path}.new`, path))],
    ['vanished', (path: string) => unlink(path)],
  ] as const) {
    test(`notices that its file ${how}`, async (t) => {
      const path = join(await folder(t), 'a.txt')
      await writeFile(path, 'abc')
      await using source = await openFile(path)
      await change(path)
      await assert.rejects(source.verify(), { code: 'source_failed' })
    })
  }

  test('fails when its file has become shorter', async (t) => {
    const path = join(await folder(t), 'a.txt')
    await writeFile(path, 'abcdef')
    await using source = await openFile(path)
    await writeFile(path, 'abc')
    await assert.rejects(contentOf(source), { code: 'source_failed' })
  })

  test('is refused where it is no file, or nothing that can be read', async (t) => {
    await assert.rejects(openFile(await folder(t)), { code: 'source_failed' })
    await assert.rejects(openFile('/nowhere'), { code: 'source_failed' })
    for (const wrong of [5, null, undefined, {}, []]) {
      await assert.rejects(platform.openSource(wrong, {}), { code: 'invalid_option' })
    }
  })

  test('may be bytes, a view of them, a Blob or a stream', async () => {
    const bytes = Buffer.from('hello')
    const parts = new Blob(['hello'], { type: 'text/plain' })
    for (const each of [
      bytes,
      new Uint8Array(bytes),
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 5),
      parts,
    ]) {
      await using source = await platform.openSource(each, { name: 'x' })
      assert.equal(String(await contentOf(source)), 'hello')
    }
    await using stream = await platform.openSource(new Blob(['hello']).stream(), {})
    assert.deepEqual([stream.size, stream.seekable], [undefined, false])
    assert.equal(String(await contentOf(stream, 0, 3)), 'hel')
    assert.equal(String(await contentOf(stream, 3, 100)), 'lo')
  })

  test('that is a stream tells of its failure', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3)
      throw new Error('cable bitten')
    }
    await using source = await platform.openSource(broken(), {})
    await assert.rejects(contentOf(source, 0, 10), { code: 'source_failed', message: /cable bitten/ })
  })
})

suite('an upload to a tus server that is none of ours', () => {
  const upload = async (
    source: UploadSource,
    url: string,
  ): Promise<{ readonly size: number; readonly sha256: string }> => {
    const grant = { key: 'k', url, location: url, token: 't', chunkBytes: Number.POSITIVE_INFINITY }
    const signal = new AbortController().signal
    const meter = new Meter(systemClock, undefined)
    const host = {
      platform,
      clock: systemClock,
      signal,
      idleMs: 10_000,
      gate: undefined,
      meter,
      grant: async () => grant,
    }
    const facts = { name: 'ü.bin', type: 'application/x-test', locate: () => url }
    const run = new TusUpload(source, facts, host)
    const patience = { clock: systemClock, random: () => 0, signal, patienceMs: 10_000 }
    return persist(patience, (progressed) => run.run(progressed))
  }

  test('begins, goes on where it was cut off, and ends, also a stream and what fits into one request', async () => {
    await using tus = await stockTus(1_000_000)
    const bytes = randomBytes(5_000_000)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const large = await upload(bytesSource(bytes, 'a'), tus.url)
    assert.deepEqual([large.size, large.sha256], [bytes.length, sha256])
    assert.deepEqual(tus.requests, ['POST', 'PATCH', 'HEAD', 'PATCH'])
    await upload(bytesSource(bytes.subarray(0, 1000), 'b'), tus.url)
    const stream = await platform.openSource(new Blob([bytes]).stream(), {})
    assert.equal((await upload(stream, tus.url)).sha256, sha256)
    assert.deepEqual(
      tus.contents().map((content) => createHash('sha256').update(content).digest('hex')),
      [bytes, bytes.subarray(0, 1000), bytes].map((each) => createHash('sha256').update(each).digest('hex')),
    )
  })
})

suite('a part', () => {
  test('goes on with what an earlier life has left', async (t) => {
    const path = join(await folder(t), 'x.part')
    const bytes = randomBytes(2_500_000)
    {
      await using part = await PartFile.open(path)
      await part.write(bytes.subarray(0, 1_200_001))
    }
    await using part = await PartFile.open(path)
    assert.equal(part.length, 1_200_001)
    await part.write(bytes.subarray(1_200_001))
    assert.equal(await part.digest(), createHash('sha256').update(bytes).digest('hex'))
    await part.complete({ executable: true, mtime: 1_600_000_000_000 })
    await part.rename(path.replace('.part', ''))
    assert.deepEqual(await readFile(path.replace('.part', '')), bytes)
  })

  test('that two programs fetch is named by the first that has it, and the other one cannot harm it', async (t) => {
    const path = join(await folder(t), 'x.part')
    const [bytes, final] = [randomBytes(2_500_000), path.replace('.part', '')]
    await using one = await PartFile.open(path)
    await one.write(bytes.subarray(0, 1_200_001))
    await using two = await PartFile.open(path)
    await two.write(bytes.subarray(two.length, 1_900_000))
    await one.write(bytes.subarray(1_200_001))
    assert.equal(await one.digest(), createHash('sha256').update(bytes).digest('hex'))
    assert.equal(await one.rename(final), true)
    await two.write(bytes.subarray(1_900_000))
    assert.equal(await two.digest(), createHash('sha256').update(bytes).digest('hex'))
    assert.equal(await two.rename(final), false)
    await two.remove()
    await two.reset()
    await two.write(Buffer.from('else'))
    await two.complete({})
    assert.deepEqual(await readFile(final), bytes)
    assert.equal(await readFile(path, 'utf8'), 'else')
  })

  test('is not written through a link', async (t) => {
    const at = await folder(t)
    await writeFile(join(at, 'victim'), 'mine')
    await symlink(join(at, 'victim'), join(at, 'x.part'))
    await assert.rejects(PartFile.open(join(at, 'x.part')), { code: 'target_failed' })
    assert.equal(await readFile(join(at, 'victim'), 'utf8'), 'mine')
  })
})

test('a place is made below its directory only, and never through a link', async (t) => {
  const at = await folder(t)
  await mkdir(join(at, 'downloads'))
  await mkdir(join(at, 'elsewhere'))
  await symlink(join(at, 'elsewhere'), join(at, 'downloads/cross_comm'))
  const places = new Places(await realDirectory(join(at, 'downloads')))
  await assert.rejects(places.file(['cross_comm', 'alice', 'x']), { code: 'target_failed', message: /is a link/ })
  assert.equal(await places.file(['other', 'x']), join(places.root, 'other/x'))
  await writeFile(join(at, 'downloads/file'), '')
  await assert.rejects(places.directory(['file', 'x']), { code: 'target_failed', message: /no directory/ })
})

test('a record of an upload is there for another life, until it is removed', async (t) => {
  const at = await folder(t)
  await recordKeeper(at).write('n', { key: 'k', messageId: 'm' })
  assert.deepEqual(await recordKeeper(at).read('n'), { key: 'k', messageId: 'm' })
  await writeFile(join(at, 'broken.json'), '{"key":')
  assert.equal(await recordKeeper(at).read('broken'), undefined)
  await recordKeeper(at).remove('n')
  assert.equal(await recordKeeper(at).read('n'), undefined)
})

suite('progress', () => {
  test('is told four times a second at most, with the rate and the rest, and at the end', () => {
    const clock = new ManualClock()
    const told: TransferProgress[] = []
    const meter = new Meter(clock, (progress) => told.push(progress))
    meter.expect(10_000)
    for (let step = 0; step < 20; step++) {
      meter.add(100)
      clock.advance(50)
    }
    assert.equal(told.length, 4)
    assert.deepEqual(told.at(-1), { bytes: 1600, total: 10_000, bytesPerSecond: 2000, remainingMs: 4200 })
    meter.add(8000)
    meter.end()
    assert.equal(told.at(-1)?.bytes, 10_000)
    assert.equal(told.at(-1)?.remainingMs, 0)
  })

  test('does not take for speed what was there before', () => {
    const clock = new ManualClock()
    const told: TransferProgress[] = []
    const meter = new Meter(clock, (progress) => told.push(progress))
    meter.expect(1_000_000)
    meter.add(0)
    meter.skip(900_000)
    clock.advance(1000)
    meter.add(1000)
    assert.equal(told.at(-1)?.bytesPerSecond, 1000)
  })
})

suite('persistence', () => {
  const persistence = { random: () => 1, signal: new AbortController().signal, patienceMs: 10_000 }

  test('goes on as long as something comes of it, and not for longer', async () => {
    const clock = new ManualClock()
    let attempts = 0
    const run = persist({ ...persistence, clock }, async (progressed) => {
      attempts++
      if (attempts < 50) progressed()
      throw new PosthouseError('connection_lost', `attempt ${attempts}`)
    })
    const ended = assert.rejects(run, { code: 'connection_lost' })
    for (let step = 0; step < 400; step++) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(1000)
    }
    await ended
    assert.ok(attempts > 50 && attempts < 60, String(attempts))
  })

  test('ends at once with what does not pass, and when its caller gives up', async () => {
    const clock = new ManualClock()
    const refused = persist({ ...persistence, clock }, async () => {
      throw new PosthouseError('quota_exceeded', 'full')
    })
    await assert.rejects(refused, { code: 'quota_exceeded' })
    const giving = new AbortController()
    const waiting = persist({ ...persistence, clock, signal: giving.signal }, async () => {
      setImmediate(() => giving.abort())
      throw new PosthouseError('connection_lost', 'again')
    })
    await assert.rejects(waiting, { code: 'aborted' })
  })
})

test('a transfer that stands still is given up, and one that is paused is not', async () => {
  const clock = new ManualClock()
  const gate = new TransferGate()
  gate.pause()
  using guard = new StallGuard(clock, 1000, new AbortController().signal)
  const held = guard.held(gate.passed())
  clock.advance(5000)
  assert.equal(guard.signal.aborted, false)
  gate.resume()
  await held
  clock.advance(900)
  guard.moved()
  clock.advance(900)
  assert.equal(guard.signal.aborted, false)
  const aborted = once(guard.signal, 'abort')
  clock.advance(1000)
  await aborted
  assert.equal(guard.signal.reason.code, 'timeout')
})

test('browsers find the same SHA-256 as Node', () => {
  for (const size of [0, 1, 55, 56, 64, 1000, 100_000]) {
    const bytes = randomBytes(size)
    const [here, there] = [platform.sha256(), browser.sha256()]
    for (let at = 0; at < size; at += 777) {
      here.update(bytes.subarray(at, at + 777))
      there.update(bytes.subarray(at, at + 777))
    }
    assert.equal(there.digest(), here.digest())
  }
})

test('a source of bytes gives what is asked for', async () => {
  const bytes = randomBytes(9_000_000)
  const source = bytesSource(bytes, 'b')
  assert.deepEqual(await contentOf(source, 4_000_000, 8_500_000), bytes.subarray(4_000_000, 8_500_000))
})
