import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { suite, test } from 'node:test'
import { MemoryBlobStore } from '@posthouse/core'
import {
  codeOf,
  metadata,
  putWhole,
  type RunningFiles,
  sampleBytes,
  startFiles,
  tusHeaders,
  type Upload,
} from './start-files.ts'

/** What each file counts besides. */
const overhead = 4096

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

suite('an upload', () => {
  test('is refused without a token, with a made-up one, and with one for something else', async () => {
    await using running = await startFiles()
    const alice = await running.ask('alice', 'files.upload', { name: 'a', size: 3 })
    const bob = await running.ask('bob', 'files.upload', { name: 'b', size: 3 })
    const bytes = sampleBytes(3)
    const [claims = '', ...signature] = bob.token.split('.')
    const forged = Buffer.from(String(Buffer.from(claims, 'base64url')).replace('bob', 'eve')).toString('base64url')
    for (const token of ['', 'abc', `${claims}.x.y`, [forged, ...signature].join('.')]) {
      const answer = await putWhole(running, { url: bob.url, token }, bytes)
      assert.deepEqual([answer.status, await codeOf(answer)], [401, 'unauthenticated'], token)
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    }
    await running.store.begin(alice.key, { size: 3 })
    for (const method of ['HEAD', 'PATCH', 'DELETE']) {
      const more = { 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }
      const headers = tusHeaders(bob.token, method === 'PATCH' ? more : {})
      const answer = await fetch(running.at(alice.location), {
        method,
        headers,
        ...(method === 'PATCH' && { body: bytes }),
      })
      assert.equal(answer.status, 403, method)
    }
    assert.equal((await running.store.upload(alice.key))?.offset, 0)
  })

  test('is refused with a token that has had its time', async () => {
    await using running = await startFiles({ limits: { tokenMs: 1000 } })
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 3 })
    assert.equal(upload.expires, running.clock.now() + 1000)
    running.clock.advance(1000)
    const answer = await putWhole(running, upload, sampleBytes(3))
    assert.deepEqual([answer.status, await codeOf(answer)], [401, 'token_expired'])
  })

  test('is held against the SHA-256 that was claimed, and nothing is kept of what differs', async () => {
    await using running = await startFiles()
    const bytes = sampleBytes(1000)
    const wrong = await running.ask('alice', 'files.upload', { name: 'a', size: 1000 })
    const answer = await putWhole(running, wrong, bytes, { sha256: sha256(sampleBytes(1000, 2)) })
    assert.deepEqual([answer.status, await codeOf(answer)], [422, 'content_mismatch'])
    assert.deepEqual([await running.store.list(), await running.store.uploads()], [[], []])
    const right = await running.ask('alice', 'files.upload', { name: 'a', size: 1000 })
    assert.equal((await putWhole(running, right, bytes, { sha256: sha256(bytes) })).status, 201)
    const nonsense = await putWhole(running, wrong, bytes, { sha256: 'abc' })
    assert.equal(nonsense.status, 400)
  })

  test('has a claimed hash grant nothing: the bytes have to arrive', async () => {
    await using running = await startFiles()
    const bytes = sampleBytes(1000)
    await putWhole(running, await running.ask('alice', 'files.upload', { name: 'a', size: 1000 }), bytes)
    const claim = { files: [{ sha256: sha256(bytes), size: 1000 }] }
    assert.deepEqual(await running.ask('bob', 'files.have', claim), { keys: [null] })
    const [key] = (await running.ask<{ keys: string[] }>('alice', 'files.have', claim)).keys
    assert.match(String(key), /^cross_comm\/alice\//)
    const bob = await running.ask('bob', 'files.upload', { name: 'b', size: 1000 })
    const begun = await fetch(running.at(bob.url), {
      method: 'POST',
      headers: tusHeaders(bob.token, { 'upload-length': '1000', ...metadata({ sha256: sha256(bytes) }) }),
    })
    assert.equal(begun.status, 201)
    assert.equal(await running.store.head(bob.key), undefined)
    assert.deepEqual(await running.ask('alice', 'files.have', { files: [{ sha256: sha256(bytes), size: 999 }] }), {
      keys: [null],
    })
  })

  test('is begun anew by a second POST, but not where it is complete', async () => {
    await using running = await startFiles()
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 10 })
    const begin = (): Promise<Response> =>
      fetch(running.at(upload.url), { method: 'POST', headers: tusHeaders(upload.token, { 'upload-length': '10' }) })
    const begun = await begin()
    assert.deepEqual([begun.status, begun.headers.get('location')], [201, upload.location])
    await running.store.append(
      upload.key,
      0,
      (async function* () {
        yield sampleBytes(4)
      })(),
    )
    assert.equal((await begin()).status, 201)
    assert.equal((await running.store.upload(upload.key))?.offset, 0)
    assert.equal((await putWhole(running, upload, sampleBytes(10))).status, 201)
    const late = await begin()
    assert.deepEqual([late.status, await codeOf(late)], [409, 'key_in_use'])
    const whole = await fetch(running.at(upload.location), { method: 'HEAD', headers: tusHeaders(upload.token) })
    assert.deepEqual(
      [whole.status, whole.headers.get('upload-offset'), whole.headers.get('upload-length')],
      [200, '10', '10'],
    )
  })

  test('goes on at its offset only, and says where that is and how long it waits', async () => {
    await using running = await startFiles()
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 10 })
    await fetch(running.at(upload.url), {
      method: 'POST',
      headers: tusHeaders(upload.token, { 'upload-length': '10' }),
    })
    const patch = (offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Response> =>
      fetch(running.at(upload.location), {
        method: 'PATCH',
        headers: tusHeaders(upload.token, {
          'upload-offset': String(offset),
          'content-type': 'application/offset+octet-stream',
        }),
        body: bytes,
      })
    const bytes = sampleBytes(10)
    assert.equal((await patch(0, bytes.slice(0, 4))).headers.get('upload-offset'), '4')
    const wrong = await patch(5, bytes.slice(5))
    assert.deepEqual([wrong.status, await codeOf(wrong)], [409, 'offset_mismatch'])
    const tooMuch = await patch(4, sampleBytes(7))
    assert.deepEqual([tooMuch.status, await codeOf(tooMuch)], [413, 'file_too_large'])
    const head = await fetch(running.at(upload.location), { method: 'HEAD', headers: tusHeaders(upload.token) })
    assert.equal(head.headers.get('upload-offset'), '4')
    assert.equal(Date.parse(head.headers.get('upload-expires') ?? ''), running.clock.now() + 86_400_000)
    const last = await patch(4, bytes.slice(4))
    assert.equal(last.headers.get('repr-digest'), `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
  })

  test('ends the request that works on it when another one comes', async () => {
    await using running = await startFiles()
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 100_000 })
    await fetch(running.at(upload.url), {
      method: 'POST',
      headers: tusHeaders(upload.token, { 'upload-length': '100000' }),
    })
    const headers = tusHeaders(upload.token, {
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
      'content-length': '100000',
    })
    const stuck = request(running.at(upload.location), { method: 'PATCH', headers })
    const answered = new Promise<number | undefined>((resolve) => {
      stuck.once('response', (response) => resolve(response.resume().statusCode))
      stuck.once('error', () => resolve(undefined))
    })
    stuck.write(sampleBytes(50_000))
    await new Promise<void>((resolve) => running.server.once('request', () => resolve()))
    // The first answer that tells of its bytes comes when the request above has been ended.
    const head = await fetch(running.at(upload.location), { method: 'HEAD', headers: tusHeaders(upload.token) })
    assert.equal(head.status, 200)
    assert.notEqual(await answered, 204)
    stuck.destroy()
  })

  test('is ended where it is silent for too long', async () => {
    await using running = await startFiles({ limits: { idleMs: 1000 } })
    const upload = await running.ask('alice', 'files.upload', { name: 'a', size: 10 })
    const headers = tusHeaders(upload.token, {
      'upload-length': '10',
      'content-type': 'application/offset+octet-stream',
      'content-length': '10',
    })
    const silent = request(running.at(upload.url), { method: 'POST', headers })
    const over = new Promise<void>((resolve) => silent.once('error', () => resolve()))
    silent.write(sampleBytes(5))
    for (let tries = 0; (await running.store.upload(upload.key)) === undefined; tries++) {
      assert.ok(tries < 1000)
      await new Promise(setImmediate)
    }
    await new Promise(setImmediate)
    running.clock.advance(1000)
    await over
  })

  test('needs the protocol of tus, and refuses what it does not have', async () => {
    await using running = await startFiles()
    const { token, url, location } = await running.ask('alice', 'files.upload', { name: 'a', size: 10 })
    const old = await fetch(running.at(url), { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual([old.status, await codeOf(old)], [412, 'invalid_field'])
    const options = await fetch(running.at(url), { method: 'OPTIONS' })
    assert.equal(options.headers.get('tus-version'), '1.0.0')
    assert.match(String(options.headers.get('tus-extension')), /creation-with-upload/)
    assert.equal(options.headers.get('access-control-allow-origin'), '*')
    const missing = await fetch(running.at(location), { method: 'HEAD', headers: tusHeaders(token) })
    assert.equal(missing.status, 404)
    assert.equal((await fetch(running.at(url), { method: 'PUT' })).status, 405)
    const bad = await fetch(running.at(`${url}/a%2f..%2fb`), { method: 'PATCH', headers: tusHeaders(token) })
    assert.deepEqual([bad.status, await codeOf(bad)], [400, 'invalid_key'])
  })
})

suite('the limits of uploads', () => {
  test('refuse what is too large, when it is asked for and when it comes', async () => {
    await using running = await startFiles({ limits: { fileBytes: 1000 } })
    await assert.rejects(running.ask('alice', 'files.upload', { name: 'a', size: 1001 }), { code: 'file_too_large' })
    const upload = await running.ask('alice', 'files.upload', { name: 'a' })
    const answer = await putWhole(running, upload, sampleBytes(1001))
    assert.deepEqual([answer.status, await codeOf(answer)], [413, 'file_too_large'])
    assert.deepEqual(await running.store.uploads(), [])
    const headers = { 'upload-defer-length': '1', 'content-type': 'application/offset+octet-stream' }
    const unknown = await fetch(running.at(upload.url), {
      method: 'POST',
      headers: tusHeaders(upload.token, headers),
      body: sampleBytes(1001),
    })
    assert.equal(unknown.status, 413)
  })

  test('count what one client keeps, what it has begun included, and give back what it removes', async () => {
    await using running = await startFiles({ limits: { clientBytes: 1000 + 2 * overhead } })
    const left = async (): Promise<number> => (await running.ask('alice', 'files.upload', { name: 'a' })).left
    const first = await running.ask('alice', 'files.upload', { name: 'a', size: 600 })
    assert.equal((await putWhole(running, first, sampleBytes(600))).status, 201)
    assert.equal(await left(), 400)
    await assert.rejects(running.ask('alice', 'files.upload', { name: 'b', size: 401 }), { code: 'quota_exceeded' })
    const second = await running.ask('alice', 'files.upload', { name: 'b' })
    const refused = await putWhole(running, second, sampleBytes(401))
    assert.deepEqual([refused.status, await codeOf(refused)], [507, 'quota_exceeded'])
    await fetch(running.at(second.url), {
      method: 'POST',
      headers: tusHeaders(second.token, { 'upload-length': '300' }),
    })
    await assert.rejects(left(), { code: 'quota_exceeded' })
    assert.equal((await running.ask('alice', 'files.upload', { key: second.key })).left, 0)
    await fetch(running.at(second.location), { method: 'DELETE', headers: tusHeaders(second.token) })
    assert.equal(await left(), 400)
    const wrong = await putWhole(running, second, sampleBytes(300), { sha256: '0'.repeat(64) })
    assert.equal(wrong.status, 422)
    assert.equal(await left(), 400)
    assert.equal((await running.ask('bob', 'files.upload', { name: 'a', size: 1000 })).left, 1000 + overhead)
    await running.ask('root', 'hub.files.remove', { keys: [first.key] })
    assert.equal(await left(), 1000 + overhead)
  })

  test('count something for each file, so that there is an end to empty ones', async () => {
    await using store = new MemoryBlobStore()
    const limits = { clientBytes: 2 * overhead }
    const begin = async (running: RunningFiles): Promise<Upload> => running.ask('alice', 'files.upload', { name: 'a' })
    const create = (running: RunningFiles, { url, token }: Upload, size: number): Promise<Response> =>
      fetch(running.at(url), { method: 'POST', headers: tusHeaders(token, { 'upload-length': String(size) }) })
    {
      await using running = await startFiles({ store, limits })
      const uploads = [await begin(running), await begin(running), await begin(running)] as const
      for (const upload of uploads.slice(0, 2)) assert.equal((await create(running, upload, 0)).status, 201)
      const refused = await create(running, uploads[2], 0)
      assert.deepEqual([refused.status, await codeOf(refused)], [507, 'quota_exceeded'])
      const copies = await running.ask<{ files: readonly { error: { code: string } }[] }>('alice', 'files.copy', {
        files: [{ from: uploads[0].key, name: 'b' }],
      })
      assert.equal(copies.files[0]?.error.code, 'quota_exceeded')
      await running.ask('root', 'hub.files.remove', { keys: [uploads[0].key] })
    }
    // Counted anew, and what is begun as well.
    await using running = await startFiles({ store, limits: { clientBytes: 2 * overhead + 9 } })
    const [third, fourth] = [await begin(running), await begin(running)]
    assert.equal((await create(running, third, 9)).status, 201)
    await assert.rejects(running.ask('alice', 'files.upload', { name: 'a', size: 0 }), {
      code: 'quota_exceeded',
      message: /no further file/,
    })
    assert.equal((await create(running, fourth, 0)).status, 507)
  })

  test('count what comes without a size as it comes', async () => {
    await using running = await startFiles({ limits: { clientBytes: 1000 + 2 * overhead, fileBytes: 20_000 } })
    const upload = await running.ask('alice', 'files.upload', { name: 'a' })
    const left = async (): Promise<number> => (await running.ask('alice', 'files.upload', { name: 'a' })).left
    const send = async (method: string, size: number, more: Record<string, string>): Promise<Response> => {
      const headers = { 'content-type': 'application/offset+octet-stream', ...more }
      const path = method === 'POST' ? upload.url : upload.location
      return fetch(running.at(path), { method, headers: tusHeaders(upload.token, headers), body: sampleBytes(size) })
    }
    const tooMuch = await send('POST', 1001 + overhead, { 'upload-defer-length': '1' })
    assert.deepEqual([tooMuch.status, await codeOf(tooMuch)], [507, 'quota_exceeded'])
    assert.equal((await send('POST', 300, { 'upload-defer-length': '1' })).status, 201)
    assert.equal(await left(), 700)
    const more = await send('PATCH', 800 + overhead, {
      'upload-offset': '300',
      'upload-length': String(1100 + overhead),
    })
    assert.deepEqual([more.status, await codeOf(more)], [507, 'quota_exceeded'])
    assert.equal((await send('PATCH', 200, { 'upload-offset': '300', 'upload-length': '500' })).status, 204)
    assert.equal(await left(), 500)
  })

  test('count copies, too', async () => {
    await using running = await startFiles({ limits: { clientBytes: 1000 + 2 * overhead } })
    const first = await running.ask('alice', 'files.upload', { name: 'a', size: 600 })
    await putWhole(running, first, sampleBytes(600))
    const { files } = await running.ask<{ files: unknown[] }>('alice', 'files.copy', {
      files: [{ from: first.key, name: 'b' }],
    })
    assert.deepEqual(
      files.map((file) => (file as { error: { code: string } }).error.code),
      ['quota_exceeded'],
    )
  })

  test('keep the end of a name that is too long, however long it is', async () => {
    await using running = await startFiles()
    const first = await running.ask('alice', 'files.upload', { name: 'a', size: 6 })
    await putWhole(running, first, sampleBytes(6))
    const named = async (name: string): Promise<string | undefined> => {
      const body = { files: [{ from: first.key, name }] }
      const { files } = await running.ask<{ files: { key: string }[] }>('alice', 'files.copy', body)
      return (await running.store.head(files[0]?.key ?? ''))?.meta.name
    }
    assert.equal(await named(`${'a'.repeat(250_000)}.txt`), `${'a'.repeat(251)}.txt`)
    assert.equal(await named(`${'\u00e4'.repeat(200)}.txt`), `${'\u00e4'.repeat(125)}.txt`)
    assert.equal(await named('\u00e4.txt'), '\u00e4.txt')
  })

  test('refuse what there is no room for before the first byte', async () => {
    await using store = new MemoryBlobStore({ bytes: 1000 })
    await using running = await startFiles({ store })
    await assert.rejects(running.ask('alice', 'files.upload', { name: 'a', size: 1001 }), { code: 'no_room' })
    const upload = await running.ask('alice', 'files.upload', { name: 'a' })
    const headers = tusHeaders(upload.token, { 'upload-length': '1001' })
    const answer = await fetch(running.at(upload.url), { method: 'POST', headers })
    assert.deepEqual([answer.status, await codeOf(answer)], [507, 'no_room'])
  })

  test('must be numbers above 0', async () => {
    for (const limits of [{ fileBytes: 0 }, { urlMs: Infinity }, { tokenMs: -1 }, { keepMs: 1.5 }]) {
      await assert.rejects(startFiles({ limits }), { code: 'invalid_option' })
    }
    await (await startFiles({ limits: { fileBytes: Infinity, clientBytes: Infinity, keepMs: Infinity } }))[
      Symbol.asyncDispose
    ]()
    await assert.rejects(startFiles({ publicUrl: 'hub.example' }), { code: 'invalid_option' })
    const misspelled: object = { fileByte: 5 }
    await assert.rejects(startFiles({ limits: misspelled }), { code: 'invalid_option', message: /fileByte.*fileBytes/ })
  })
})

suite('a folder', () => {
  test('has one token for everything in it and for its manifest, and each entry has its key', async () => {
    await using running = await startFiles()
    const folder = await running.ask('alice', 'files.upload', { folder: true, name: 'photos' })
    assert.match(folder.key, /^cross_comm\/alice\/\d+_[0-9a-f]{8}_folder\/$/)
    assert.equal(folder.manifest, folder.key.replace(/\/$/, '.json'))
    const keyOf = async (path: string): Promise<string> => {
      const answer = await putWhole(running, folder, sampleBytes(5), { path })
      return answer.status === 201 ? decodeURIComponent(answer.headers.get('location') ?? '').slice(7) : codeOf(answer)
    }
    for (const path of ['a.txt', 'a/b.txt', '.hidden', 'ü/中 文.txt', 'con', 'a b', '-x', '~', '...', "it's"]) {
      assert.equal(await keyOf(path), folder.key + path)
    }
    assert.equal(await keyOf('50%\\a\tb'), `${folder.key}50%25%5Ca%09b`)
    for (const path of ['../a', 'a/../../b', '/a', 'a//b', './a', 'a/', '..', '\ud800', 'x'.repeat(1100)]) {
      // Half a surrogate pair does not travel as UTF-8: it arrives as another character.
      if (path === '\ud800') continue
      assert.equal(await keyOf(path), 'invalid_key', path)
    }
    assert.equal((await putWhole(running, folder, sampleBytes(5))).headers.get('location'), `/files/${folder.manifest}`)
    const { files } = await running.ask<{ files: { key: string }[] }>('alice', 'files.list', { key: folder.key })
    assert.equal(files.length, 11)
    const other = await running.ask('alice', 'files.upload', { folder: true, name: 'other' })
    const foreign = await fetch(running.at(`/files/${folder.key}a.txt`), {
      method: 'HEAD',
      headers: tusHeaders(other.token),
    })
    assert.equal(foreign.status, 403)
  })

  test('can be gone on with, and takes contents that are there without their bytes', async () => {
    await using running = await startFiles()
    const first = await running.ask('alice', 'files.upload', { name: 'a', size: 100 })
    await putWhole(running, first, sampleBytes(100))
    const folder = await running.ask('alice', 'files.upload', { folder: true, name: 'photos' })
    const again = await running.ask('alice', 'files.upload', { key: folder.key })
    assert.equal(again.manifest, folder.manifest)
    const wanted = [
      { from: first.key, folder: folder.key, path: 'x/y.bin' },
      { from: first.key, folder: folder.key, path: '../y.bin' },
      { from: 'cross_comm/bob/1_2', folder: folder.key, path: 'z' },
      { from: first.key, folder: 'cross_comm/bob/1_2_folder/', path: 'z' },
      { from: 'cross_comm/alice/1_2', name: 'z.txt' },
    ]
    const { files } = await running.ask<{ files: (Upload & { error?: { code: string } })[] }>('alice', 'files.copy', {
      files: wanted,
    })
    assert.deepEqual(
      files.map(({ key, error }) => error?.code ?? key),
      [`${folder.key}x/y.bin`, 'invalid_key', 'forbidden', 'forbidden', 'unknown_file'],
    )
    const unsure = running.ask('bob', 'files.upload', { key: folder.key })
    await assert.rejects(unsure, { code: 'forbidden' })
    await assert.rejects(running.ask('alice', 'files.upload', { key: first.key }), { code: 'key_in_use' })
    await assert.rejects(running.ask('alice', 'files.upload', { key: `${first.key}x` }), { code: 'unknown_file' })
    await assert.rejects(running.ask('alice', 'files.upload', { size: 1 }), { code: 'invalid_body' })
  })
})
