import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { FileMessage, HubClient, TransferProgress } from '@posthouse/client'
import { fileOf, TransferGate } from '@posthouse/client/files'
import { Hub } from '@posthouse/hub'
import sharp from 'sharp'
import { openPost, sha256 } from './post.ts'

/** The next file message, fetched into `directory`. */
function nextFile(client: HubClient, downloadTo: string, saveAs?: 'key' | 'name'): Promise<FileMessage> {
  return new Promise((resolve) => {
    client.on('*', { downloadTo, ...(saveAs && { saveAs }) }, (message) => resolve(message))
  })
}

suite('a file', () => {
  for (const size of [0, 1, 1000, 1_048_576, 1_048_577, 5_000_000]) {
    test(`of ${size} bytes arrives whole, under its key, and its message after it`, async () => {
      await using post = await openPost()
      const [alice, bob] = [await post.client('alice'), await post.client('bob')]
      const bytes = randomBytes(size)
      await writeFile(join(post.folder, 'report.pdf'), bytes)
      const arrived = nextFile(bob, join(post.folder, 'downloads'))
      const sent = await alice.sendFile('bob', join(post.folder, 'report.pdf'), {
        resumeIn: join(post.folder, 'notes'),
      })
      const message = await arrived
      assert.match(sent.key, /^cross_comm\/alice\/\d+_[0-9a-f]{8}\.pdf$/)
      assert.equal(message.downloadError, undefined)
      assert.equal(message.localPath, join(post.folder, 'downloads', sent.key))
      assert.equal(message.fileName, 'report.pdf')
      assert.deepEqual(await readFile(message.localPath), bytes)
      assert.deepEqual(message.body, {
        key: sent.key,
        name: 'report.pdf',
        size,
        type: 'application/pdf',
        sha256: sha256(bytes),
      })
      assert.equal(sent.sha256, sha256(bytes))
      assert.deepEqual(await readdir(join(post.folder, 'notes')), [])
    })
  }

  test('goes its way whatever its watcher throws or rejects with, which the client tells as an error', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    const errors: string[] = []
    alice.watch('error', ({ code, message }) => errors.push(`${code} ${message}`))
    const thrower = (): never => {
      throw new Error('thrown')
    }
    const { key } = await alice.sendFile('alice', randomBytes(10), { onProgress: thrower })
    const { size } = await alice.download(key, join(post.folder, 'd'), {
      onProgress: async () => {
        throw new Error('rejected')
      },
    })
    assert.equal(size, 10)
    await setImmediate()
    assert.deepEqual([...new Set(errors)], ['handler_failed thrown', 'handler_failed rejected'])
  })

  test('that is given up while it is read here fails with aborted', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    const path = join(post.folder, 'large.bin')
    await writeFile(path, randomBytes(1000))
    const giveUp = new AbortController()
    const source = new Blob([randomBytes(1000)])
    const read = source.stream.bind(source)
    source.slice = () => {
      giveUp.abort(new Error('enough'))
      return Object.assign(new Blob(['x']), { stream: read })
    }
    await assert.rejects(alice.sendFile('alice', source, { signal: giveUp.signal }), { code: 'aborted' })
  })

  test('may come from bytes, a Blob, a stream of unknown length, and with a name of its own', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const bytes = randomBytes(9_000_000)
    await writeFile(join(post.folder, 'a.bin'), bytes)
    const got: FileMessage[] = []
    const all = Promise.withResolvers<void>()
    bob.on('*', { downloadTo: join(post.folder, 'd') }, (message) => {
      if (got.push(message) === 4) all.resolve()
    })
    await alice.sendFile('bob', bytes, { name: 'bytes.bin' })
    await alice.sendAudio('bob', new Blob([bytes], { type: 'audio/mpeg' }), { name: 'a.mp3' })
    await alice.sendVideo('bob', createReadStream(join(post.folder, 'a.bin')), { name: 'b.mp4' })
    await alice.sendFile('bob', new Blob([]).stream(), { name: 'nothing' })
    await all.promise
    assert.deepEqual(
      got.map(({ type, fileName }) => [type, fileName]),
      [
        ['file', 'bytes.bin'],
        ['audio', 'a.mp3'],
        ['video', 'b.mp4'],
        ['file', 'nothing'],
      ],
    )
    assert.deepEqual(
      got.map((message) => fileOf(message).mediaType),
      ['application/octet-stream', 'audio/mpeg', 'video/mp4', 'application/octet-stream'],
    )
    for (const { localPath = '' } of got.slice(0, 3)) assert.deepEqual(await readFile(localPath), bytes)
    assert.equal((await readFile(got[3]?.localPath ?? '')).length, 0)
  })

  test('tells how far it is, and waits where it is told to', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const gate = new TransferGate()
    const told: TransferProgress[] = []
    gate.pause()
    const sending = alice.sendFile('bob', randomBytes(3_000_000), {
      gate,
      onProgress: (progress) => told.push(progress),
    })
    const first = await Promise.race([sending, bob.clients()])
    assert.ok(Array.isArray(first), 'the file was sent although its gate was closed')
    gate.resume()
    await sending
    assert.equal(told.at(-1)?.bytes, 3_000_000)
    assert.equal(told.at(-1)?.total, 3_000_000)
    assert.equal(told.at(-1)?.remainingMs, 0)
  })

  test('that vanishes, is too large or is given up is an error, and nobody is told of it', async () => {
    await using post = await openPost({ limits: { fileBytes: 1000 } })
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const heard: unknown[] = []
    bob.on('*', (message) => heard.push(message.body))
    await assert.rejects(alice.sendFile('bob', join(post.folder, 'nowhere')), { code: 'source_failed' })
    await assert.rejects(alice.sendFile('bob', randomBytes(2000)), { code: 'file_too_large' })
    await assert.rejects(alice.sendFile('bob', randomBytes(10), { signal: AbortSignal.abort() }), { code: 'aborted' })
    await alice.send('bob', 'the end')
    await alice.drain()
    await bob.drain()
    assert.deepEqual(heard, ['the end'])
  })

  test('of a client that the hub sends away is given up, with the reason', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    await post.client('bob')
    const begun = Promise.withResolvers<void>()
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield randomBytes(1000)
        begun.resolve()
        await setImmediate()
      }
    }
    const sending = alice.sendFile('bob', ReadableStream.from(endless()), { name: 'endless' })
    const refused = assert.rejects(sending, { code: 'forbidden', message: /enough of it/ })
    await begun.promise
    post.hub.disconnect('alice', 'enough of it')
    await refused
    await assert.rejects(alice.sendFile('bob', randomBytes(3), { name: 'a' }), { code: 'closed' })
  })

  test('that is a picture tells how large it is as it is to be seen, and has a small one with it', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const got: FileMessage[] = []
    const both = Promise.withResolvers<void>()
    bob.on('image', { downloadTo: join(post.folder, 'd') }, (message) => {
      if (got.push(message) === 2) both.resolve()
    })
    // A camera that was held upright writes a picture that lies on its side, and says so.
    const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#d05020' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    await writeFile(join(post.folder, 'upright.jpg'), picture)
    await alice.sendImage('bob', join(post.folder, 'upright.jpg'), { resumeIn: false })
    await alice.sendImage('bob', Buffer.from('no picture'), { name: 'broken.png' })
    await both.promise
    const [upright, broken] = ['upright.jpg', 'broken.png'].map((name) => got.find((each) => each.fileName === name))
    assert.ok(upright && broken)
    assert.deepEqual(await readFile(upright.localPath ?? ''), picture)
    const { width, height, preview = '' } = fileOf(upright)
    assert.deepEqual([width, height], [200, 300])
    const small = Buffer.from(preview.replace('data:image/webp;base64,', ''), 'base64')
    const { format, width: smallWidth, height: smallHeight } = await sharp(small).metadata()
    assert.deepEqual([format, smallWidth, smallHeight], ['webp', 43, 64])
    const { dominant } = await sharp(small).stats()
    assert.ok(dominant.r > 180 && dominant.b < 80, JSON.stringify(dominant))
    assert.deepEqual([fileOf(broken).width, fileOf(broken).preview], [undefined, undefined])
  })

  test('that changes while it is sent is an error', async () => {
    await using post = await openPost()
    const alice = await post.client('alice')
    const path = join(post.folder, 'growing.log')
    await writeFile(path, randomBytes(3_000_000))
    const gate = new TransferGate()
    gate.pause()
    const sending = alice.sendFile('bob', path, { gate, resumeIn: false })
    sending.catch(() => undefined)
    await alice.clients()
    await writeFile(path, 'more', { flag: 'a' })
    gate.resume()
    await assert.rejects(sending, { code: 'source_failed' })
  })
})

suite('a listener', () => {
  test('is given the reference where it has no directory, and others download into their own', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const got: [string, string | undefined][] = []
    const all = Promise.withResolvers<void>()
    const note = (name: string) => (message: FileMessage) => {
      if (got.push([name, message.localPath ?? message.downloadError?.message]) === 5) all.resolve()
    }
    bob.on('file', note('plain'))
    bob.on('file', { downloadTo: join(post.folder, 'one') }, note('one'))
    bob.on('file', { downloadTo: join(post.folder, 'two'), from: ['carol'] }, note('carol only'))
    bob.on('file', { downloadTo: join(post.folder, 'three'), accept: ['.txt', 'image/*'] }, note('texts'))
    bob.on('file', { downloadTo: join(post.folder, 'four'), accept: ({ size = 0 }) => size > 2 }, note('large'))
    const undecided = (): boolean => {
      throw new Error('who knows')
    }
    bob.on('file', { downloadTo: join(post.folder, 'five'), accept: undecided }, note('undecided'))
    const { key } = await alice.sendFile('bob', Buffer.from('hello'), { name: 'a.pdf' })
    await all.promise
    assert.deepEqual(got.toSorted(), [
      ['large', join(post.folder, 'four', key)],
      ['one', join(post.folder, 'one', key)],
      ['plain', undefined],
      ['texts', undefined],
      ['undecided', 'who knows'],
    ])
  })

  test('may have files saved by their names, none over another', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const paths: (string | undefined)[] = []
    const all = Promise.withResolvers<void>()
    bob.on('file', { downloadTo: join(post.folder, 'd'), saveAs: 'name' }, (message) => {
      paths.push(message.localPath)
      if (paths.length === 4) all.resolve()
    })
    for (const [text, name] of [
      ['one', 'a.txt'],
      ['two', 'a.txt'],
      ['one', 'a.txt'],
      ['x', '../../evil'],
    ] as const) {
      await alice.sendFile('bob', Buffer.from(text), { name })
    }
    await all.promise
    assert.deepEqual(
      paths.map((path) => path?.slice(join(post.folder, 'd').length + 1)),
      ['a.txt', 'a (2).txt', 'a.txt', 'evil'],
    )
    assert.equal(await readFile(join(post.folder, 'd/a (2).txt'), 'utf8'), 'two')
  })

  test('is told why a file could not be had', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    await mkdir(join(post.folder, 'd'))
    await symlink('/tmp', join(post.folder, 'd/cross_comm'))
    const arrived = nextFile(bob, join(post.folder, 'd'))
    await alice.sendFile('bob', Buffer.from('x'), { name: 'a' })
    const message = await arrived
    assert.equal(message.downloadError?.code, 'target_failed')
    assert.equal(message.localPath, undefined)
    await rm(join(post.folder, 'd/cross_comm'))
    const { path } = await bob.download(message, join(post.folder, 'd'))
    assert.equal(await readFile(path, 'utf8'), 'x')
  })
})

suite('a listener of the hub', () => {
  test('has files and folders saved as a client has, and is told why one could not be had', async () => {
    await using post = await openPost()
    const [alice, old] = [await post.client('alice'), await post.client('old', { dialect: 'cross_comm' })]
    const got: FileMessage[] = []
    const three = Promise.withResolvers<void>()
    const directory = join(post.folder, 'hub-downloads')
    const references: unknown[] = []
    post.hub.on('file', (message) => references.push('localPath' in message))
    post.hub.on({ type: ['file', 'folder', 'text'] }, { downloadTo: directory }, (message) => {
      if (got.push(message) === 4) three.resolve()
    })
    await mkdir(join(post.folder, 'photos/empty'), { recursive: true })
    await writeFile(join(post.folder, 'photos/a.txt'), 'in a folder')
    const bytes = randomBytes(3_000_000)
    const { key } = await alice.sendFile('hub', bytes, { name: 'report.pdf' })
    await alice.sendFolder('server', join(post.folder, 'photos'), { resumeIn: false })
    await alice.send('hub', 'just text')
    const { key: secret } = await alice.sendFile('alice', Buffer.from('not for old'))
    await old.send('hub', { key: secret, name: 'a', path: 'a' }, { type: 'file' })
    await three.promise
    const [file, folder, stolen] = ['report.pdf', 'photos', 'a'].map((name) =>
      got.find((each) => each.fileName === name),
    )
    assert.equal(file?.localPath, join(directory, key))
    assert.deepEqual(await readFile(file.localPath), bytes)
    assert.deepEqual((await readdir(folder?.localPath ?? '')).toSorted(), ['a.txt', 'empty'])
    assert.deepEqual([stolen?.localPath, stolen?.downloadError?.code], [undefined, 'forbidden'])
    assert.equal(got.find(({ type }) => type === 'text')?.body, 'just text')
    assert.deepEqual(references, [false, false])
  })

  test('needs a hub that keeps files, and a handler', async () => {
    await using hub = new Hub()
    assert.throws(() => hub.on('file', { downloadTo: '/tmp' }, () => undefined), { code: 'invalid_option' })
  })
})

suite('a download by hand', () => {
  test('takes a message or a key, and gives the content itself where there is no directory', async () => {
    await using post = await openPost()
    const [alice, bob] = [await post.client('alice'), await post.client('bob')]
    const { key, sha256: hash } = await alice.sendFile('bob', Buffer.from('hello'), { name: 'a.txt' })
    const { path, size, sha256: found } = await bob.download(key, join(post.folder, 'd'))
    assert.deepEqual([path, size, found], [join(post.folder, 'd', key), 5, hash])
    const { blob, name } = await bob.download(key)
    assert.equal(await blob.text(), 'hello')
    assert.equal(blob.type, 'text/plain')
    assert.equal(name, key.slice(key.lastIndexOf('/') + 1))
  })

  test('of what others were sent is forbidden, and of what is not there fails', async () => {
    await using post = await openPost()
    const [alice, carol] = [await post.client('alice'), await post.client('carol')]
    const { key } = await alice.sendFile('alice', Buffer.from('hello'))
    await assert.rejects(carol.download(key), { code: /forbidden|unknown_file/ })
    await assert.rejects(alice.download('cross_comm/alice/1_00000000'), { code: 'unknown_file' })
    await assert.rejects(alice.download({ id: 'm', type: 'text', body: 'x' }), { code: 'invalid_body' })
  })
})
