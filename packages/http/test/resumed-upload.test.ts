import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { HttpClient, Progress } from '@posthouse/http'
import { failure, quietClient } from './quiet.ts'
import { startServer } from './servers.ts'
import { startTus } from './tus-process.ts'
import { type TusState, tusListener } from './tus-server.ts'

interface Workplace extends AsyncDisposable {
  readonly client: HttpClient
  /** The file that is uploaded. */
  readonly path: string
  /** Where a server keeps what it gets. */
  readonly store: string
  readonly note: string
}

async function workplace(content: Uint8Array): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-upload-'))
  const store = await mkdtemp(join(tmpdir(), 'posthouse-tus-'))
  const path = join(folder, 'größe, 1.bin')
  await writeFile(path, content)
  const client = quietClient()
  return {
    client,
    path,
    store,
    note: `${path}.upload.json`,
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await Promise.all([folder, store].map((one) => rm(one, { recursive: true })))
    },
  }
}

async function stored(store: string): Promise<string> {
  const names = (await readdir(store)).filter((name) => !name.endsWith('.length'))
  assert.equal(names.length, 1, names.join())
  return hashOf(await readFile(join(store, names[0] ?? '')))
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

function stateIn(at: Workplace): TusState {
  return { folder: at.store, seen: [], metadata: [] }
}

suite('an upload that goes on', () => {
  test('survives a server that is killed in the middle, twice', async () => {
    const content = randomBytes(4_000_000)
    await using at = await workplace(content)
    const [first, port] = await startTus(at.store, 0, 1_000_000)
    const children = [first]
    const again = async (deadly?: number): Promise<void> => {
      const [child] = await startTus(at.store, port, deadly)
      children.push(child)
    }
    once(first, 'exit').then(async () => {
      await again(2_500_000)
      await once(children[1] as ChildProcess, 'exit')
      await again()
    })
    try {
      const told: Progress[] = []
      const response = await at.client.upload(`http://127.0.0.1:${port}/`, at.path, {
        resume: { attempts: 200, delayMs: 20 },
        retry: false,
        onProgress: (progress) => told.push(progress),
      })
      assert.equal(response.status, 204)
      assert.equal(children.length, 3)
      assert.equal(await stored(at.store), hashOf(content))
      assert.deepEqual(told.at(-1), { transferred: content.length, total: content.length })
      await assert.rejects(stat(at.note))
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  })

  test('goes on in another run where it stopped', async () => {
    const content = randomBytes(900_000)
    await using at = await workplace(content)
    const state = stateIn(at)
    await using server = await startServer(tusListener(state))
    state.onStored = (bytes) => {
      if (bytes >= 300_000) server.server.closeAllConnections()
    }
    const resume = { attempts: 0 }
    const url = `${server.url}/?token=canary`
    await failure(at.client.upload(url, at.path, { resume }), 'connection_lost')
    assert.equal((await stat(at.note)).mode & 0o777, 0o600)
    assert.doesNotMatch(await readFile(at.note, 'utf8'), /canary/)
    state.onStored = undefined
    state.seen.length = 0
    const response = await at.client.upload(url, at.path, { resume })
    assert.match(state.seen.join(), /^HEAD,PATCH [1-9]\d+$/)
    assert.match(response.url, /-900000$/)
    assert.equal(await stored(at.store), hashOf(content))
    await assert.rejects(stat(at.note))
  })

  test('begins anew where the file is another one by now, or the server has lost it', async () => {
    await using at = await workplace(randomBytes(500_000))
    const state = stateIn(at)
    await using server = await startServer(tusListener(state))
    const breakOff = async (): Promise<void> => {
      state.onStored = (bytes) => {
        if (bytes >= 100_000) server.server.closeAllConnections()
      }
      await assert.rejects(at.client.upload(server.url, at.path, { resume: { attempts: 0 } }))
      state.onStored = undefined
      state.seen.length = 0
    }
    await breakOff()
    await writeFile(at.path, randomBytes(400_000))
    await at.client.upload(server.url, at.path, { resume: true })
    assert.deepEqual(state.seen, ['POST 400000', 'PATCH 0'])
    await breakOff()
    for (const name of await readdir(at.store)) await rm(join(at.store, name))
    await at.client.upload(server.url, at.path, { resume: true })
    assert.deepEqual(state.seen, ['HEAD', 'POST 400000', 'PATCH 0'])
  })

  test('begins anew where the server loses it under way, but not for ever', async () => {
    await using at = await workplace(randomBytes(1000))
    const state = stateIn(at)
    const tus = tusListener(state)
    await using server = await startServer((request, response) => {
      if (request.method !== 'PATCH') return tus(request, response)
      state.seen.push('PATCH')
      response.writeHead(410).end()
    })
    const error = await failure(
      at.client.upload(server.url, at.path, { resume: { attempts: 2, delayMs: 1 } }),
      'bad_status',
    )
    assert.match(error.message, /410/)
    assert.deepEqual(state.seen, Array(3).fill(['POST 1000', 'PATCH']).flat())
  })

  test('sends no request that is larger than wanted, and tells the server what it is told', async () => {
    const content = randomBytes(250_000)
    await using at = await workplace(content)
    const state = stateIn(at)
    await using server = await startServer(tusListener(state))
    const told: number[] = []
    await at.client.upload(server.url, at.path, {
      resume: { chunkBytes: 100_000, note: false, metadata: { filename: 'a b', 'file-type': '' } },
      onProgress: ({ transferred }) => told.push(transferred),
    })
    assert.deepEqual(state.seen, ['POST 250000', 'PATCH 0', 'PATCH 100000', 'PATCH 200000'])
    assert.deepEqual(state.metadata, ['filename YSBi,file-type'])
    assert.deepEqual(
      told,
      [...told].sort((a, b) => a - b),
    )
    assert.equal(told.at(-1), 250_000)
    assert.equal(await stored(at.store), hashOf(content))
  })

  test('is over at once for a file with nothing in it, and names the file in UTF-8', async () => {
    await using at = await workplace(new Uint8Array())
    const state = stateIn(at)
    await using server = await startServer(tusListener(state))
    const response = await at.client.upload(server.url, at.path, { resume: true })
    assert.match(response.url, /-0$/)
    assert.deepEqual(state.seen, ['POST 0', 'HEAD'])
    assert.deepEqual(state.metadata, [`filename ${Buffer.from('größe, 1.bin').toString('base64')}`])
  })

  test('stops when it is told to, and goes on later', async () => {
    const content = randomBytes(3_000_000)
    await using at = await workplace(content)
    const state = stateIn(at)
    await using server = await startServer(tusListener(state))
    const stop = new AbortController()
    state.onStored = () => stop.abort()
    await assert.rejects(at.client.upload(server.url, at.path, { resume: true, signal: stop.signal }), {
      code: 'aborted',
    })
    state.onStored = undefined
    await at.client.upload(server.url, at.path, { resume: true })
    assert.equal(await stored(at.store), hashOf(content))
  })

  test('ends when the time is over that it was given for all of it, also while it waits to go on', async () => {
    await using at = await workplace(randomBytes(10))
    await using server = await startServer((request, response) => {
      request.resume()
      response.writeHead(503).end()
    })
    const options = { resume: { delayMs: 600_000 }, retry: false, timeout: { total: 100 } } as const
    await assert.rejects(at.client.upload(server.url, at.path, options), { code: 'total_timeout' })
  })

  test('takes its secrets to no other origin, unless it may', async () => {
    await using at = await workplace(randomBytes(1000))
    const state = stateIn(at)
    const tus = tusListener(state)
    await using elsewhere = await startServer(tus)
    await using server = await startServer((request, response) => {
      response.writeHead(201, { location: `${elsewhere.url}/upload` }).end()
      request.resume()
    })
    const url = `${server.url}/?token=canary`
    await assert.rejects(at.client.upload(url, at.path, { resume: true }), { code: 'redirect_refused' })
    assert.deepEqual(state.seen, [])
    await assert.rejects(at.client.upload(url, at.path, { resume: { crossOrigin: true, attempts: 0 } }), {
      code: 'bad_status',
    })
    assert.equal(state.seen[0], 'PATCH 0')
  })

  test('takes its secrets to no other origin to which its beginning was redirected', async () => {
    await using at = await workplace(randomBytes(1000))
    const state = stateIn(at)
    await using elsewhere = await startServer(tusListener(state))
    await using server = await startServer((request, response) => {
      response.writeHead(307, { location: elsewhere.url }).end()
      request.resume()
    })
    await assert.rejects(at.client.upload(server.url, at.path, { resume: true }), { code: 'redirect_refused' })
    assert.deepEqual(
      state.seen.filter((line) => line.startsWith('PATCH')),
      [],
    )
  })

  test('says clearly what is wrong', async () => {
    await using at = await workplace(randomBytes(10))
    await using server = await startServer((_, response) => response.writeHead(200).end())
    const { client, path } = at
    await assert.rejects(client.upload(server.url, path, { resume: true }), { code: 'bad_response', message: /tus/ })
    const wrong: readonly [object, RegExp][] = [
      [{ resume: true, method: 'PUT' }, /method must be left out where resume is set/],
      [{ resume: { attempt: 1 } }, /resume has no option attempt/],
      [{ resume: 5 }, /resume must be true or false, or an object of options, not 5/],
      [{ resume: { metadata: { 'a b': '' } } }, /"a b"/],
      [{ onProgres: () => undefined }, /upload has no option onProgres/],
    ]
    for (const [options, message] of wrong) {
      await assert.rejects(client.upload(server.url, path, options), { code: 'invalid_option', message })
    }
    await assert.rejects(client.upload(server.url, `${path}.no`), {
      code: 'file_unusable',
      message: /\.no cannot be used/,
    })
    await assert.rejects(client.upload(server.url, at.store), { code: 'file_unusable', message: /folder/ })
  })
})
