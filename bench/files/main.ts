import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { createServer, get, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { openPost, type Post } from '../../tests/files/post.ts'

const mebibyte = 1_048_576

/** Measures a large file and a folder of small ones, in one process with the hub, beside plain streams. */
export async function benchFiles(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      mib: { type: 'string', default: '1024' },
      files: { type: 'string', default: '10000' },
    },
  })
  await using post = await openPost({ limits: { fileBytes: Number.MAX_SAFE_INTEGER } })
  const mib = Number(values.mib)
  const path = join(post.folder, 'large.bin')
  await writeLarge(path, mib)
  for (let round = 1; round <= Number(values.rounds); round++) {
    const hash = await timed(() => hashOf(path))
    const plain = await timed(() => plainThereAndBack(post, path))
    const files = await timed(() => sentAndFetched(post, path))
    print(`${mib} MiB`, {
      round,
      'SHA-256 MiB/s': mib / hash,
      'plain MiB/s': mib / plain,
      'Posthouse MiB/s': mib / files,
      'of plain': plain / files,
    })
  }
  const count = Number(values.files)
  const folder = join(post.folder, 'small')
  await writeSmall(folder, count)
  const [alice, bob] = [await post.client('alice'), await post.client('bob')]
  let key = ''
  const sent = await timed(async () => {
    ;({ key } = await alice.sendFolder('bob', folder, { resumeIn: false }))
  })
  const fetched = await timed(() => bob.download(key, join(post.folder, 'fetched')))
  print(`${count} files of 4 KB`, { 'sent files/s': count / sent, 'fetched files/s': count / fetched })
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await task()
  return (performance.now() - from) / 1000
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

/** What has to be done at least: a stream to a disk over HTTP, and one back to another place. */
async function plainThereAndBack({ folder }: Post, path: string): Promise<void> {
  const there = join(folder, 'plain')
  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET') createReadStream(there, { highWaterMark: mebibyte }).pipe(response)
    else
      pipeline(incoming, createWriteStream(there)).then(
        () => response.end(),
        () => response.destroy(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port
  const outgoing = request({ port, method: 'PUT' })
  const answered = new Promise((resolve) => outgoing.once('response', (response) => resolve(response.resume())))
  await pipeline(createReadStream(path, { highWaterMark: mebibyte }), outgoing)
  await answered
  await new Promise<void>((resolve, reject) => {
    get({ port }, (response) => pipeline(response, createWriteStream(join(folder, 'back'))).then(resolve, reject))
  })
  server.close()
  await Promise.all([rm(there), rm(join(folder, 'back'))])
}

async function sentAndFetched(post: Post, path: string): Promise<void> {
  const client = await post.client('carol')
  const { key } = await client.sendFile('carol', path, { resumeIn: false })
  const { path: fetched } = await client.download(key, join(post.folder, 'd'))
  await rm(fetched)
  await post.store.remove(key)
  await client.close()
}

function print(what: string, figures: Readonly<Record<string, number>>): void {
  const cells = Object.entries(figures).map(
    ([name, value]) => `${name} ${value < 10 && !Number.isInteger(value) ? value.toFixed(2) : Math.round(value)}`,
  )
  process.stdout.write(`${what}: ${cells.join(', ')}\n`)
}
