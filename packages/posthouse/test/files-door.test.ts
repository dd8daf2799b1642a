import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { DetailedError, Upload as TusUpload } from 'tus-js-client'
import { Cli, startUp } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'posthouse-up-files-'))
after(() => rmSync(folder, { recursive: true, force: true }))

interface Asked {
  readonly key: string
  readonly url: string
  readonly location: string
  readonly token: string
}

async function connected(url: string, clientId: string): Promise<HubClient> {
  const client = new HubClient({ url, clientId })
  await client.connect()
  return client
}

/** Has `posthouse files` show, fetch and fail to remove. */
async function tryCommand(url: string, key: string, bytes: Buffer): Promise<void> {
  const files = (...words: string[]) => Cli.run(['files', ...words, '--url', url], { cwd: folder })
  const [listed, fetched, missing, wrong] = await Promise.all([
    files('list', '--json', '--prefix', 'cross_comm/alice/'),
    files('get', key, '--to', 'fetched.bin'),
    files('rm', 'cross_comm/alice/none'),
    files('rm', key, '--to', 'x'),
  ])
  assert.deepEqual(
    JSON.parse(listed.out).files.map((file: { key: string; size: number }) => [file.key, file.size]),
    [[key, bytes.length]],
  )
  assert.equal(fetched.status, 0, fetched.err)
  assert.ok(readFileSync(join(folder, 'fetched.bin')).equals(bytes))
  assert.deepEqual([missing.status, wrong.status], [4, 2], missing.err + wrong.err)
  assert.match(missing.err, /0 of 1 removed/)
}

suite('posthouse up', () => {
  test('carries a file from one client to another, and through its own end', async () => {
    const bytes = Buffer.alloc(3_000_000, 'posthouse ')
    const data = join(folder, 'whole')
    let asked: Asked
    {
      await using up = await startUp(['--data', data])
      const at = (path: string): string => new URL(path, up.url.replace(/^ws/, 'http')).href
      await using alice = await connected(up.url, 'alice')
      await using bob = await connected(up.url, 'bob')
      asked = (await alice.request('hub', 'files.upload', { name: 'a.bin', size: bytes.length })) as Asked
      const headers = { authorization: `Bearer ${asked.token}`, 'tus-resumable': '1.0.0' }
      const more = { 'upload-length': String(bytes.length), 'content-type': 'application/offset+octet-stream' }
      const answer = await fetch(at(asked.url), { method: 'POST', headers: { ...headers, ...more }, body: bytes })
      assert.equal(answer.status, 201)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      await assert.rejects(bob.request('hub', 'files.url', { key: asked.key }), { code: 'forbidden' })
      await alice.send('bob', { key: asked.key, name: 'a.bin', size: bytes.length, sha256 }, { type: 'file' })
      const { url } = (await bob.request('hub', 'files.url', { key: asked.key })) as Asked
      const fetched = Buffer.from(await (await fetch(at(url))).arrayBuffer())
      assert.equal(createHash('sha256').update(fetched).digest('hex'), sha256)
      assert.match(await (await fetch(at('/'))).text(), /\/files\//)
      await tryCommand(up.url, asked.key, bytes)
      up.signal('SIGTERM')
      assert.equal((await up.ended()).status, 0)
    }
    await using up = await startUp(['--data', data])
    await using bob = await connected(up.url, 'bob')
    assert.equal(((await bob.request('hub', 'files.url', { key: asked.key })) as Asked).key, asked.key)
  })

  test('that is killed in the middle of an upload goes on with it in its next run', async () => {
    const bytes = Buffer.alloc(40_000_000)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
    const data = join(folder, 'killed')
    let asked: Asked
    {
      await using up = await startUp(['--data', data])
      await using alice = await connected(up.url, 'alice')
      asked = (await alice.request('hub', 'files.upload', { name: 'a', size: bytes.length })) as Asked
      const failed = Promise.withResolvers<unknown>()
      const upload = new TusUpload(bytes, {
        endpoint: new URL(asked.url, up.url.replace(/^ws/, 'http')).href,
        headers: { authorization: `Bearer ${asked.token}` },
        retryDelays: null,
        onProgress: (sent) => {
          if (sent > 20_000_000) up.signal('SIGKILL')
        },
        onError: failed.resolve,
        onSuccess: () => failed.reject(new Error('it was not killed')),
      })
      upload.start()
      assert.ok((await failed.promise) instanceof DetailedError)
      await alice.close()
    }
    await using up = await startUp(['--data', data])
    const location = new URL(asked.location, up.url.replace(/^ws/, 'http')).href
    const headers = { authorization: `Bearer ${asked.token}`, 'tus-resumable': '1.0.0' }
    // The token of before holds: its secret lies in the data folder.
    const offset = Number((await fetch(location, { method: 'HEAD', headers })).headers.get('upload-offset'))
    assert.ok(offset >= 8_000_000 && offset < bytes.length, String(offset))
    const rest = bytes.subarray(offset)
    const patch = { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' }
    const answer = await fetch(location, { method: 'PATCH', headers: { ...headers, ...patch }, body: rest })
    assert.equal(answer.headers.get('repr-digest'), `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`)
    assert.deepEqual(readdirSync(join(data, 'files', 'uploads')), [])
  })

  test('keeps to what its words say about files', async () => {
    const words = ['--file-bytes', '1k', '--files-total', '1500', '--public-url', 'https://hub.example']
    await using up = await startUp(['--data', join(folder, 'words'), ...words])
    await using alice = await connected(up.url, 'alice')
    await assert.rejects(alice.request('hub', 'files.upload', { name: 'a', size: 1025 }), { code: 'file_too_large' })
    const { url, left, fileBytes } = (await alice.request('hub', 'files.upload', { name: 'a' })) as Asked & {
      readonly left: number
      readonly fileBytes: number
    }
    assert.deepEqual([url, left, fileBytes], ['https://hub.example/files', 1500, 1024])
  })

  test('says what is missing where files are to be kept in a bucket', async () => {
    const where = join(folder, 'nowhere')
    for (const [words, reason] of [
      [['--storage', 'oss'], /OSS_ENDPOINT/],
      [['--storage', 's3'], /--s3-bucket/],
      [['--s3-bucket', 'b'], /--storage s3/],
    ] as const) {
      const { status, err } = await Cli.run(['up', '--port', '0', '--data', where, ...words], { cwd: folder })
      assert.equal(status, 2, err)
      assert.match(err, reason)
    }
  })
})
