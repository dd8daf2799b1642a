import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { get, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HubClient } from '@posthouse/client'
import type { Outcome, Table } from '../table.ts'
import type { ServerFigures } from './server.ts'

const mebibyte = 1_048_576

/** Measures a large file and a folder of small ones, with the hub in a process of its own, beside plain streams to another one. */
export async function benchFiles(args: string[]): Promise<Outcome> {
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
    const bench = { folder, hub, plain, client }
    const tables: Table[] = []
    const memory: [string, number][] = [['idle', (await hub.figures()).peakRss]]
    const look = async (when: string): Promise<unknown> => memory.push([when, (await hub.figures()).peakRss])
    if (Number(values.mib) > 0) {
      tables.push(await benchLarge(bench, Number(values.mib), Number(values.rounds)))
      await look('at most, with the large file')
    }
    if (Number(values.files) > 0) {
      tables.push(await benchSmall(bench, Number(values.files)))
      await look('at most, with the folder')
    }
    return { tables: [...tables, memoryTable(memory)] }
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

async function benchLarge({ folder, hub, plain, client }: Bench, mib: number, rounds: number): Promise<Table> {
  const path = join(folder, 'large.bin')
  await writeLarge(path, mib)
  const found: LargeRound[] = []
  for (let round = 1; round <= rounds; round++) {
    const hash = await timed(() => hashOf(path))
    const streams = await timed(() => thereAndBack(plain.url, path, join(folder, 'back')), plain)
    const files = await timed(() => sentAndFetched(client, path, join(folder, 'd')), hub)
    found.push({ hash, streams, files })
  }
  return largeTable(mib, found)
}

interface LargeRound {
  readonly hash: Timed
  readonly streams: Timed
  readonly files: Timed
}

function largeTable(mib: number, rounds: readonly LargeRound[]): Table {
  const line = (label: string, key: keyof LargeRound) => {
    const speeds = rounds.map((round) => mib / round[key].seconds)
    const ratios = rounds.map((round) => round.streams.seconds / round[key].seconds)
    return { label: `${mib} MiB: ${label}`, cells: [speeds, ratios, rounds.map((round) => round[key].cpu)] }
  }
  const columns = [
    { title: 'MiB/s', digits: 0 },
    { title: 'x plain', digits: 2 },
    { title: 'CPU s of both ends', digits: 2 },
  ]
  const lines = [line('SHA-256 alone', 'hash'), line('plain streams', 'streams'), line('Posthouse', 'files')]
  return { of: 'case', columns, lines, drawn: 'MiB/s' }
}

async function benchSmall({ folder, hub, client }: Bench, count: number): Promise<Table> {
  const small = join(folder, 'small')
  await writeSmall(small, count)
  let key = ''
  const sent = await timed(async () => {
    ;({ key } = await client.sendFolder('carol', small, { resumeIn: false }))
  }, hub)
  const fetched = await timed(() => client.download(key, join(folder, 'fetched')), hub)
  const line = (label: string, { seconds, cpu }: Timed) => ({
    label: `a folder of ${count} files of 4 KB: ${label}`,
    cells: [[count / seconds], [(cpu * 1000) / count]],
  })
  const columns = [
    { title: 'files/s', digits: 0 },
    { title: 'CPU ms a file', digits: 2 },
  ]
  return { of: 'case', columns, lines: [line('sent', sent), line('fetched', fetched)] }
}

function memoryTable(found: readonly (readonly [string, number])[]): Table {
  const lines = found.map(([when, bytes]) => ({ label: `the hub, ${when}`, cells: [[bytes / mebibyte]] }))
  return { of: 'memory', columns: [{ title: 'MiB', digits: 0 }], lines }
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

/** What a task took, in seconds. */
interface Timed {
  readonly seconds: number
  /** Of the processors of both ends. */
  readonly cpu: number
}

/** How long a task took, and the processors of both ends for it, in seconds. */
async function timed(task: () => Promise<unknown>, server?: Server): Promise<Timed> {
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
