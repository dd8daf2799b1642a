/**
 * A download that breaks off goes on where it stopped, also in another run; a file is sent with its progress.
 *
 * Run it with `node --conditions=@posthouse/source examples/44-http-download.ts`.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttpClient } from '@posthouse/http'

const letter = Buffer.alloc(400_000, 'a letter that is too long for one breath, ')
let answers = 0

// A server that hangs up after a quarter, three times.
const server = createServer((request, response) => {
  if (request.method === 'PUT') return void request.resume().on('end', () => response.writeHead(201).end())
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const rest = letter.subarray(from)
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${letter.length - 1}/${letter.length}` }
  response.writeHead(from === 0 ? 200 : 206, { etag: '"1"', 'content-length': rest.length, ...range })
  if (++answers > 3) response.end(rest)
  else response.write(rest.subarray(0, 100_000), () => response.destroy())
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`

const folder = await mkdtemp(join(tmpdir(), 'posthouse-example-'))
try {
  await using client = createHttpClient({ logging: false, proxy: false, retry: false })
  const path = join(folder, 'letter.txt')
  await client.download(url, path, { attempts: 0 }).catch((error) => console.log('broken off:', error.code))
  console.log('left behind:', (await readdir(folder)).join(', '))

  let last = 0
  const done = await client.download(url, path, {
    delayMs: 10,
    onProgress: ({ transferred, total = 0 }) => {
      last = Math.round((100 * transferred) / total)
    },
  })
  console.log('went on:', done.resumedFrom > 0, `${last} %`, (await stat(path)).size === letter.length)
  console.log('there now:', (await readdir(folder)).join(', '))
  console.log('sent:', (await client.upload(url, path)).status)
} finally {
  await rm(folder, { recursive: true })
  server.close()
}
