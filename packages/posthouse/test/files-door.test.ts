import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { type DownloadOptions, HubClient, type TransferProgress } from '@posthouse/client'
import { TransferGate } from '@posthouse/client/files'
import { openOssBlobStore } from '@posthouse/store/oss'
import { faultyWay } from '../../../tests/files/faulty-way.ts'
import { ossSecrets, startOss } from '../../store/test/oss-server.ts'
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

/** Has an administrator do by HTTP what `posthouse files` does. */
async function tryAdministration(url: string, key: string, bytes: Buffer): Promise<void> {
  const at = (path: string): string => new URL(path, url.replace(/^ws/, 'http')).href
  const ask = async (path: string, init: RequestInit = {}): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(at(`/api/v1/files${path}`), init)
    return [answer.status, (await answer.json()) as Record<string, unknown>]
  }
  const [, { files }] = await ask('?prefix=cross_comm/alice/&limit=5')
  assert.deepEqual(
    (files as { key: string; size: number }[]).map((file) => [file.key, file.size]),
    [[key, bytes.length]],
  )
  assert.deepEqual(await ask('?uploads=true'), [200, { files: [] }])
  assert.equal((await ask('?size=1'))[0], 422)
  const [status, about] = await ask(`/${key}`)
  assert.deepEqual([status, about.key, about.size], [200, key, bytes.length])
  const fetched = await fetch(at(String(about.url)))
  assert.ok(Buffer.from(await fetched.arrayBuffer()).equals(bytes))
  assert.equal((await ask('/cross_comm/alice/none'))[0], 404)
  assert.equal((await ask('/cross_comm/alice/none', { method: 'DELETE' }))[0], 404)
  const json = { 'content-type': 'application/json' }
  const several = { method: 'POST', headers: json, body: JSON.stringify({ keys: ['cross_comm/alice/none'] }) }
  assert.deepEqual(await ask('/remove', several), [200, { removed: [] }])
  assert.deepEqual(await ask('/gc', { method: 'POST' }), [200, { files: 0, uploads: 0 }])
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
      await tryAdministration(up.url, asked.key, bytes)
      up.signal('SIGTERM')
      assert.equal((await up.ended()).status, 0)
    }
    await using up = await startUp(['--data', data])
    await using bob = await connected(up.url, 'bob')
    assert.equal(((await bob.request('hub', 'files.url', { key: asked.key })) as Asked).key, asked.key)
    const removed = new URL(`/api/v1/files/${asked.key}`, up.url.replace(/^ws/, 'http'))
    assert.deepEqual(await (await fetch(removed, { method: 'DELETE' })).json(), { removed: [asked.key] })
    await assert.rejects(bob.request('hub', 'files.url', { key: asked.key }), { code: 'unknown_file' })
  })

  test('that is killed while a client uploads, and while it downloads, has the rest moved in its next run', async () => {
    const bytes = Buffer.alloc(32 * 1_048_576)
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const [data, path] = [join(folder, 'killed'), join(folder, 'large.bin')]
    writeFileSync(path, bytes)
    await using stack = new AsyncDisposableStack()
    let up = stack.use(await startUp(['--data', data]))
    const { port } = new URL(up.url)
    const way = stack.use(await faultyWay(Number(port), { restMs: 1 }))
    const kill = async (): Promise<void> => {
      up.signal('SIGKILL')
      await up.ended()
      up = stack.use(await startUp(['--data', data, '--port', port]))
    }
    /** Has the hub killed, once, when half of it has been moved; nothing is moved until it is there again. */
    const halfway = (): Pick<Required<DownloadOptions>, 'gate' | 'onProgress'> & { killed: boolean } => {
      const gate = new TransferGate()
      const options = {
        gate,
        killed: false,
        onProgress: ({ bytes: moved }: TransferProgress) => {
          if (options.killed || moved < bytes.length / 2 || moved === bytes.length) return
          options.killed = true
          gate.pause()
          void kill().finally(() => gate.resume())
        },
      }
      return options
    }
    const reconnect = { baseMs: 20, capMs: 100 }
    const alice = stack.use(new HubClient({ url: `ws://127.0.0.1:${way.port}`, clientId: 'alice', reconnect }))
    await alice.connect()
    const sending = halfway()
    const { gate, onProgress } = sending
    const sent = await alice.sendFile('alice', path, { gate, onProgress, resumeIn: false })
    assert.equal(sending.killed, true)
    assert.equal(sent.sha256, sha256)
    assert.equal(existsSync(join(data, 'files', 'content', sha256)), true)
    // The disk is waited for every 8 MiB, and more is under way on a machine that is busy; from the beginning it were 16 more.
    assert.ok(way.carried < bytes.length + 15 * 1_048_576, `${way.carried} bytes were sent`)
    const fetching = halfway()
    const before = way.carriedBack
    const fetched = await alice.download(sent.key, join(folder, 'fetched'), fetching)
    assert.equal(createHash('sha256').update(readFileSync(fetched.path)).digest('hex'), sha256)
    assert.equal(fetching.killed, true)
    assert.ok(way.carriedBack - before < bytes.length + 8 * 1_048_576, `${way.carriedBack - before} bytes came`)
    assert.deepEqual(readdirSync(join(data, 'files', 'uploads')), [])
  })

  test('keeps to what its words say about files, and loads only what they need', async () => {
    const words = ['--file-bytes', '1k', '--files-total', '6k', '--public-url', 'https://hub.example']
    const variables = ['OSS_ENDPOINT', 'OSS_BUCKET_NAME', 'OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET']
    const env = {
      ...Object.fromEntries(variables.map((name) => [name, 'http://127.0.0.1:9'])),
      NODE_OPTIONS: `--import=${new URL('./loaded-files.ts', import.meta.url)}`,
    }
    await using up = await startUp(['--data', join(folder, 'words'), '--storage', 'disk', ...words], { env })
    await using alice = await connected(up.url, 'alice')
    await assert.rejects(alice.request('hub', 'files.upload', { name: 'a', size: 1025 }), { code: 'file_too_large' })
    const { url, left, fileBytes } = (await alice.request('hub', 'files.upload', { name: 'a' })) as Asked & {
      readonly left: number
      readonly fileBytes: number
    }
    assert.deepEqual([url, left, fileBytes], ['https://hub.example/files', 2048, 1024])
    up.signal('SIGKILL')
    const { err } = await up.ended()
    assert.match(err, /^loads file:.*\/disk[-.]/m)
    assert.doesNotMatch(err, /^loads .*(aws-sdk|\/(s3|oss)[-.])/m)
  })

  test('keeps files in the bucket that the .env of its folder names, where others find them under their keys', async () => {
    await using oss = await startOss()
    const { accessKeyId, accessKeySecret, region } = ossSecrets
    const lines = { ENDPOINT: oss.endpoint, BUCKET_NAME: 'bucket', ACCESS_KEY_ID: accessKeyId, REGION: region }
    const secret = { ...lines, ACCESS_KEY_SECRET: accessKeySecret }
    const cwd = mkdtempSync(join(folder, 'oss-'))
    writeFileSync(
      join(cwd, '.env'),
      Object.entries(secret).reduce((text, [name, value]) => `${text}OSS_${name}=${value}\n`, ''),
    )
    await using up = await startUp(['--data', 'data'], { cwd })
    await using alice = await connected(up.url, 'alice')
    await using bob = await connected(up.url, 'bob')
    const bytes = Buffer.alloc(9_000_000, 'in a bucket ')
    const { key } = await alice.sendFile('bob', bytes, { name: 'a.txt' })
    const { url } = (await bob.request('hub', 'files.url', { key })) as Asked
    assert.equal(new URL(url).origin, oss.endpoint)
    const { path } = await bob.download(key, join(folder, 'from-oss'))
    assert.ok(readFileSync(path).equals(bytes))
    await using bucket = await openOssBlobStore({ ...ossSecrets, endpoint: oss.endpoint, bucket: 'bucket' })
    assert.equal((await bucket.head(key))?.size, bytes.length)
    assert.equal(existsSync(join(cwd, 'data', 'files', 'content')), false)
    assert.equal(oss.refused, 0)
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
