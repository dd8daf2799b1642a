import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openPost } from '../../tests/files/post.ts'

/** What a server says of itself, in bytes and milliseconds. */
export interface ServerFigures {
  readonly peakRss: number
  readonly cpuMs: number
}

const piece = 1_048_576

interface Running extends AsyncDisposable {
  readonly url: string
}

/** What has to be done at least: a stream to a disk, and one back. */
async function openPlain(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'plain-'))
  const there = join(folder, 'file')
  const server = createServer((incoming, response) => {
    if (incoming.method === 'GET') createReadStream(there, { highWaterMark: piece }).pipe(response)
    else
      pipeline(incoming, createWriteStream(there)).then(
        () => response.end(),
        () => response.destroy(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

const running: Running = process.argv[2] === 'hub' ? await openPost() : await openPlain()
process.send?.(running.url)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  const figures: ServerFigures = { peakRss: process.resourceUsage().maxRSS * 1024, cpuMs: (user + system) / 1000 }
  process.send?.(figures)
})
process.on('disconnect', async () => {
  await running[Symbol.asyncDispose]()
  process.exit()
})
