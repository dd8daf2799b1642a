import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { createHttpClient, type HttpClient, type Progress } from '@posthouse/http'
import { startServer, type TestServer } from './servers.ts'

/** A folder with a client that writes into it. Dispose removes the one and closes the other. */
async function workplace(): Promise<
  AsyncDisposable & { client: HttpClient; file(name: string): string; names(): Promise<string[]> }
> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-download-'))
  const client = createHttpClient({ logging: false, proxy: false, retry: false })
  return {
    client,
    file: (name) => join(folder, name),
    names: async () => (await readdir(folder)).sort(),
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await rm(folder, { recursive: true })
    },
  }
}

interface FileServer extends TestServer {
  content: Buffer
  etag: string | undefined
  /** How many bytes an answer has before its connection is cut; the next answer takes the next number. */
  readonly cuts: number[]
  /** The ranges that were asked for. */
  readonly asked: (string | undefined)[]
}

/** A server with one file, which cuts its connections as it is told. */
async function serveFile(content: Buffer, cuts: number[] = []): Promise<FileServer> {
  const asked: (string | undefined)[] = []
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.headers.range)
    const { content: bytes, etag } = file
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    const same = from !== undefined && etag !== undefined && request.headers['if-range'] === etag
    const first = same ? Number(from) : 0
    const known = etag === undefined ? {} : { etag }
    if (first >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    const rest = bytes.subarray(first)
    const range = same ? { 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` } : {}
    response.writeHead(same ? 206 : 200, { 'content-length': rest.length, ...known, ...range })
    const cut = cuts.shift()
    if (cut === undefined) return void response.end(rest)
    response.write(rest.subarray(0, cut), () => response.destroy())
  }
  const server = await startServer(serve)
  const file: FileServer = { ...server, content, etag: '"one"', cuts, asked }
  return file
}

const quick = { delayMs: 1 }

suite('a download', () => {
  for (const status of [204, 302, 304]) {
    test(`leaves the file that is there when the answer is ${status}, which has none`, async () => {
      await using at = await workplace()
      await using server = await startServer((_, response) => response.writeHead(status, { location: '/' }).end())
      await writeFile(at.file('file'), 'precious')
      await assert.rejects(at.client.download(server.url, at.file('file'), { redirects: false }), {
        code: 'bad_response',
      })
      assert.equal(await readFile(at.file('file'), 'utf8'), 'precious')
      assert.deepEqual(await at.names(), ['file'])
    })
  }

  test('is in its file once it is complete, and tells how far it is', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(500_000))
    const told: Progress[] = []
    const done = await at.client.download(server.url, at.file('file'), {
      onProgress: (progress) => told.push(progress),
    })
    assert.deepEqual(await readFile(at.file('file')), server.content)
    assert.deepEqual(await at.names(), ['file'])
    assert.equal(done.bytes, 500_000)
    assert.equal(done.resumedFrom, 0)
    assert.deepEqual(told.at(-1), { transferred: 500_000, total: 500_000 })
    assert.ok(told.length > 1)
  })

  test('goes on by itself when its connection is cut, as often as it gets on', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(400_000), [100_000, 50_000, 70_000, 30_000, 40_000])
    const done = await at.client.download(server.url, at.file('file'), { ...quick, attempts: 1 })
    assert.deepEqual(await readFile(at.file('file')), server.content)
    assert.equal(done.bytes, 400_000)
    assert.equal(server.asked.length, 6)
    assert.ok(
      server.asked.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
      server.asked.join(),
    )
  })

  test('goes on in another run where it stopped', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000), [200_000])
    await assert.rejects(at.client.download(server.url, at.file('file'), { attempts: 0 }))
    assert.deepEqual(await at.names(), ['file.part', 'file.part.json'])
    const { length } = await readFile(at.file('file.part'))
    assert.ok(length > 0 && length <= 200_000)
    const done = await at.client.download(server.url, at.file('file'))
    assert.equal(done.resumedFrom, length)
    assert.deepEqual(await readFile(at.file('file')), server.content)
    assert.deepEqual(await at.names(), ['file'])
    assert.equal(server.asked.at(-1), `bytes=${length}-`)
  })

  test('begins anew where the file is another one, is of another URL, or that is wanted', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000), [200_000, 200_000, 200_000])
    const stop = (): Promise<void> => {
      return assert.rejects(at.client.download(server.url, at.file('file'), { attempts: 0 }))
    }
    await stop()
    server.content = randomBytes(250_000)
    server.etag = '"two"'
    assert.equal((await at.client.download(`${server.url}/`, at.file('file'), quick)).bytes, 250_000)
    assert.deepEqual(await readFile(at.file('file')), server.content)
    await rm(at.file('file'))
    server.cuts.splice(0, server.cuts.length, 200_000)
    await stop()
    const other = await at.client.download(`${server.url}/other`, at.file('file'))
    assert.equal(other.resumedFrom, 0)
    server.cuts.push(200_000)
    await stop()
    assert.equal((await at.client.download(server.url, at.file('file'), { resume: false })).resumedFrom, 0)
    assert.deepEqual(await readFile(at.file('file')), server.content)
  })

  test('is not gone on with where nothing says that the file is the same', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000), [200_000])
    for (const etag of [undefined, 'W/"weak"']) {
      server.etag = etag
      server.cuts.splice(0, server.cuts.length, 200_000)
      await assert.rejects(at.client.download(server.url, at.file('file'), quick))
      assert.ok(!(await at.names()).includes('file.part.json'))
      assert.equal((await at.client.download(server.url, at.file('file'), quick)).resumedFrom, 0)
      assert.deepEqual(await readFile(at.file('file')), server.content)
    }
  })

  test('that had come to its end but for its name is complete', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(1_000))
    await writeFile(at.file('file.part'), server.content)
    const source = createHash('sha256').update(server.url).digest('hex')
    await writeFile(at.file('file.part.json'), JSON.stringify({ source, validator: '"one"' }))
    assert.equal((await at.client.download(server.url, at.file('file'))).resumedFrom, 1_000)
    assert.deepEqual(await at.names(), ['file'])
    await writeFile(at.file('file.part'), randomBytes(2_000))
    await writeFile(at.file('file.part.json'), JSON.stringify({ source, validator: '"one"' }))
    assert.equal((await at.client.download(server.url, at.file('file'))).bytes, 1_000)
    assert.deepEqual(await readFile(at.file('file')), server.content)
  })

  test('leaves the file as it was when it fails, and stops at the size that it may have', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(10_000))
    await writeFile(at.file('file'), 'as it was')
    const tooLarge = at.client.download(server.url, at.file('file'), { maxBytes: 9_999 })
    await assert.rejects(tooLarge, { code: 'response_too_large' })
    await using missing = await startServer((_, response) => void response.writeHead(404).end('nothing here'))
    await assert.rejects(at.client.download(missing.url, at.file('file')), { code: 'bad_status' })
    assert.equal(await readFile(at.file('file'), 'utf8'), 'as it was')
    assert.equal((await at.client.download(server.url, at.file('file'))).bytes, 10_000)
  })

  test('stops when it is told to', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(3_000_000))
    const stop = new AbortController()
    const options = { signal: stop.signal, onProgress: () => stop.abort() }
    await assert.rejects(at.client.download(server.url, at.file('file'), options))
    assert.ok(!(await at.names()).includes('file'))
  })

  test('ends when the time is over that it was given for all of it, however steadily it comes', async () => {
    await using place = await workplace()
    await using server = await startServer((_, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': 1e6 })
      const dripping = setInterval(() => response.write('x'), 5)
      response.on('close', () => clearInterval(dripping))
    })
    const options = { timeout: { total: 100 }, signal: new AbortController().signal }
    await assert.rejects(place.client.download(server.url, place.file('f'), options), { code: 'total_timeout' })
    assert.deepEqual(await place.names(), ['f.part', 'f.part.json'])
    assert.equal(place.client.stats.running, 0)
  })

  test('is refused before anything is asked for where its file cannot be written', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(1_000))
    await mkdir(at.file('folder'))
    await writeFile(at.file('plain'), '')
    await symlink(at.file('elsewhere'), at.file('linked.part'))
    await symlink(at.file('elsewhere'), at.file('noted.part.json'))
    const before = await at.names()
    const wrong: readonly [string, RegExp][] = [
      [at.file('folder'), /folder cannot be used: it is a folder; name a file in it/],
      [`${at.file('new')}/`, /it is a folder/],
      [at.file('no/file'), /the folder .*no does not exist; make it first/],
      [at.file('plain/file'), /plain is a file and no folder/],
      [at.file('linked'), /linked.part cannot be used: it is no ordinary file; remove it/],
      [at.file('noted'), /noted.part.json cannot be used/],
      ['/dev/null', /no ordinary file/],
      ['', /path/],
    ]
    for (const [path, message] of wrong) {
      await assert.rejects(at.client.download(server.url, path), { code: 'file_unusable', message }, path)
    }
    assert.deepEqual(server.asked, [])
    assert.deepEqual(await at.names(), before)
  })

  test('follows no link that comes into being meanwhile', async () => {
    await using at = await workplace()
    await using server = await startServer(async (_, response) => {
      await symlink(at.file('elsewhere'), at.file('file.part'))
      response.writeHead(200, { etag: '"one"' }).end('bytes')
    })
    // What lies there is removed, since nothing is known of it, and not written through.
    await at.client.download(server.url, at.file('file'))
    assert.deepEqual(await at.names(), ['file'])
  })

  test('is refused while another one writes the same file, and not afterwards', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000))
    const both = await Promise.allSettled([1, 2].map(() => at.client.download(server.url, at.file('file'))))
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.deepEqual(await readFile(at.file('file')), server.content)
    assert.equal((await at.client.download(server.url, at.file('file'))).bytes, 300_000)
    await assert.rejects(at.client.download(server.url, at.file('file'), { maxBytes: 1 }))
    assert.equal((await at.client.download(server.url, at.file('file'))).bytes, 300_000)
  })

  test('hundreds at once are hundreds of files', async () => {
    await using at = await workplace()
    await using server = await startServer((request, response) => response.end(request.url?.repeat(500)))
    const names = Array.from({ length: 300 }, (_, number) => `file-${number}`)
    const timeout = { pool: Number.POSITIVE_INFINITY }
    await Promise.all(names.map((name) => at.client.download(`${server.url}/${name}`, at.file(name), { timeout })))
    assert.deepEqual(await at.names(), names.sort())
    for (const name of names) assert.equal(await readFile(at.file(name), 'utf8'), `/${name}`.repeat(500))
    assert.equal(at.client.stats.running, 0)
  })

  test('that can never go on leaves nothing behind', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000), [200_000])
    server.etag = undefined
    await assert.rejects(at.client.download(server.url, at.file('file'), quick))
    assert.deepEqual(await at.names(), [])
    server.etag = '"one"'
    await assert.rejects(at.client.download(server.url, at.file('file'), { maxBytes: 5 }), {
      code: 'response_too_large',
    })
    assert.deepEqual(await at.names(), [])
  })

  test('onto a full disk says so, and goes on where it stopped once there is room', async (context) => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000))
    const disk = at.file('disk')
    await mkdir(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
    } catch {
      return context.skip('a small disk cannot be mounted here')
    }
    try {
      await writeFile(join(disk, 'ballast'), Buffer.alloc(900_000))
      const path = join(disk, 'file')
      await assert.rejects(at.client.download(server.url, path), { code: 'file_unusable', message: /disk is full/ })
      await rm(join(disk, 'ballast'))
      const { resumedFrom } = await at.client.download(server.url, path)
      assert.ok(resumedFrom > 0)
      assert.deepEqual(await readFile(path), server.content)
    } finally {
      execFileSync('umount', [disk])
    }
  })

  test('of a URL with a secret does not leave it on the disk', async () => {
    await using at = await workplace()
    await using server = await serveFile(randomBytes(300_000), [200_000])
    const url = `${server.url}/?token=canary`
    await assert.rejects(at.client.download(url, at.file('file'), { attempts: 0 }))
    assert.doesNotMatch(await readFile(at.file('file.part.json'), 'utf8'), /canary/)
  })
})

suite('an upload', () => {
  test('sends a file with its length, tells how far it is, and begins anew for another attempt', async () => {
    await using at = await workplace()
    const content = randomBytes(300_000)
    await writeFile(at.file('file'), content)
    const seen: { method: string; length: string; hash: string }[] = []
    await using server = await startServer((request, response) => {
      const hash = createHash('sha256')
      request.on('data', (chunk) => hash.update(chunk))
      request.on('end', () => {
        seen.push({
          method: String(request.method),
          length: String(request.headers['content-length']),
          hash: hash.digest('hex'),
        })
        response.writeHead(seen.length === 1 ? 503 : 201).end()
      })
    })
    const told: Progress[] = []
    const options = { retry: { attempts: 2, baseMs: 1 }, onProgress: (progress: Progress) => told.push(progress) }
    const response = await at.client.upload(server.url, at.file('file'), options)
    assert.equal(response.status, 201)
    const expected = { method: 'PUT', length: '300000', hash: createHash('sha256').update(content).digest('hex') }
    assert.deepEqual(seen, [expected, expected])
    assert.deepEqual(told.at(-1), { transferred: 300_000, total: 300_000 })
  })
})
