import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { get, request } from 'node:http'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HubClient } from '@posthouse/client'
import type { ServerFigures } from './server.ts'

const mebibyte = 1_048_576

/** Measures a large file and a folder of small ones, with the hub in a process of its own, beside plain streams to another one. */
export async function benchFiles(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      mib: { type: 'string', default: '1024' },
      files: { type: 'string', default: '10000' },
    },
  })
  const folder = await mkdtemp(join(tmpdir(), 'bench-files-'))
  await using hub = await startServer('hub')
  await using plain = await startServer('plain')
  await using client = new HubClient({ url: hub.url, clientId: 'carol' })
  await client.connect()
  try {
    if (Number(values.mib) > 0)
      await benchLarge({ folder, hub, plain, client }, Number(values.mib), Number(values.rounds))
    if (Number(values.files) > 0) await benchSmall({ folder, hub, plain, client }, Number(values.files))
    print('the hub', { 'peak RSS MiB': (await hub.figures()).peakRss / mebibyte, load: loadavg()[0] ?? 0 })
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Bench {
  readonly folder: string
  readonly hub: Server
  readonly plain: Server
  readonly client: HubClient
}

async function benchLarge({ folder, hub, plain, client }: Bench, mib: number, rounds: number): Promise<void> {
  const path = join(folder, 'large.bin')
  await writeLarge(path, mib)
  for (let round = 1; round <= rounds; round++) {
    const hash = await timed(() => hashOf(path))
    const streams = await timed(() => thereAndBack(plain.url, path, join(folder, 'back')), plain)
    const files = await timed(() => sentAndFetched(client, path, join(folder, 'd')), hub)
    print(`${mib} MiB`, {
      round,
      'SHA-256 MiB/s': mib / hash.seconds,
      'plain MiB/s': mib / streams.seconds,
      'Posthouse MiB/s': mib / files.seconds,
      'of plain': streams.seconds / files.seconds,
      'CPU s (plain)': streams.cpu,
      'CPU s (Posthouse)': files.cpu,
      load: loadavg()[0] ?? 0,
    })
  }
}

async function benchSmall({ folder, hub, client }: Bench, count: number): Promise<void> {
  const small = join(folder, 'small')
  await writeSmall(small, count)
  let key = ''
  const sent = await timed(async () => {
    ;({ key } = await client.sendFolder('carol', small, { resumeIn: false }))
  }, hub)
  const fetched = await timed(() => client.download(key, join(folder, 'fetched')), hub)
  print(`${count} files of 4 KB`, {
    'sent files/s': count / sent.seconds,
    'fetched files/s': count / fetched.seconds,
    'CPU ms a file sent': (sent.cpu * 1000) / count,
    'CPU ms a file fetched': (fetched.cpu * 1000) / count,
    load: loadavg()[0] ?? 0,
  })
}

/** A server in a process of its own. Dispose ends it. */
interface Server extends AsyncDisposable {
  readonly url: string
  figures(): Promise<ServerFigures>
}

async function startServer(kind: 'hub' | 'plain'): Promise<Server> {
  const program = fileURLToPath(new URL('server.ts', import.meta.url))
  const child = fork(program, [kind], { execArgv: ['--conditions=@posthouse/source'] })
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    figures: async () => {
      child.send('figures')
      const [figures] = (await once(child, 'message')) as [ServerFigures]
      return figures
    },
    [Symbol.asyncDispose]: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** How long a task took, and the processors of both ends for it, in seconds. */
async function timed(
  task: () => Promise<unknown>,
  server?: Server,
): Promise<{ readonly seconds: number; readonly cpu: number }> {
  const before = (await server?.figures())?.cpuMs ?? 0
  const own = process.cpuUsage()
  const from = performance.now()
  await task()
  const seconds = (performance.now() - from) / 1000
  const { user, system } = process.cpuUsage(own)
  const there = ((await server?.figures())?.cpuMs ?? 0) - before
  return { seconds, cpu: (there + (user + system) / 1000) / 1000 }
}

async function writeLarge(path: string, mib: number): Promise<void> {
  await using file = await open(path, 'w')
  const piece = randomBytes(mebibyte)
  for (let number = 0; number < mib; number++) {
    piece.writeUInt32LE(number)
    await file.write(piece)
  }
}

async function writeSmall(folder: string, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const inside = join(folder, String(number % 100))
    if (number < 100) await mkdir(inside, { recursive: true })
    await writeFile(join(inside, `${number}.bin`), randomBytes(4096))
  }
}

async function hashOf(path: string): Promise<void> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: mebibyte })) hash.update(piece)
  hash.digest()
}

/** A stream to a disk over HTTP, and one back to another place. */
async function thereAndBack(url: string, path: string, back: string): Promise<void> {
  const outgoing = request(url, { method: 'PUT' })
  const answered = new Promise((resolve) => outgoing.once('response', (response) => resolve(response.resume())))
  await pipeline(createReadStream(path, { highWaterMark: mebibyte }), outgoing)
  await answered
  await new Promise<void>((resolve, reject) => {
    get(url, (response) => pipeline(response, createWriteStream(back)).then(resolve, reject))
  })
  await rm(back)
}

async function sentAndFetched(client: HubClient, path: string, directory: string): Promise<void> {
  const { key } = await client.sendFile('carol', path, { resumeIn: false })
  const { path: fetched } = await client.download(key, directory)
  await rm(fetched)
  await client.request('hub', 'hub.files.remove', { keys: [key] })
}

function print(what: string, figures: Readonly<Record<string, number>>): void {
  const cells = Object.entries(figures).map(
    ([name, value]) => `${name} ${value < 10 && !Number.isInteger(value) ? value.toFixed(2) : Math.round(value)}`,
  )
  process.stdout.write(`${what}: ${cells.join(', ')}\n`)
}
