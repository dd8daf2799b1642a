import { createHash, randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { HubClient } from '@posthouse/client'
import { createCallClient } from '@posthouse/client/calls'
import { reasonOf } from '@posthouse/core'

/** Something that is done again and again, and what came of it. */
export class Visits {
  readonly name: string
  readonly faults: string[] = []
  done = 0
  readonly #visit: () => Promise<void>

  constructor(name: string, visit: () => Promise<void>) {
    this.name = name
    this.#visit = visit
  }

  /** Does it so often in a second until `signal` is aborted; where it takes longer, less often. */
  async run(perSecond: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = setTimeout(1000 / perSecond, undefined, { signal }).catch(() => undefined)
      try {
        await this.#visit()
        this.done++
      } catch (error) {
        if (this.faults.length < 10) this.faults.push(`${this.name}: ${reasonOf(error)}`)
      }
      await pause
    }
  }
}

/** Everything beside messages that a node is asked for. Dispose ends the clients. */
export interface Visitors extends AsyncDisposable {
  readonly visits: readonly (readonly [visits: Visits, perSecond: number])[]
}

/** @param folder for files that are sent and fetched */
export async function openVisitors(url: string, folder: string): Promise<Visitors> {
  const base = url.replace('ws', 'http')
  const [ann, tom] = [new HubClient({ url, clientId: 'ann' }), new HubClient({ url, clientId: 'tom' })]
  await Promise.all([ann.connect(), tom.connect()])
  const bySocket = createCallClient({ socketUrl: url, logLevel: 'silent' })
  const byHttp = createCallClient({ httpUrl: `${base}/api/call`, logLevel: 'silent' })
  let n = 0
  const visits = [
    [new Visits('calls over Socket.IO', async () => equal(await bySocket.call('add', [++n, 1]), n + 1)), 20],
    [new Visits('calls over HTTP', async () => equal(await byHttp.call('add', [2, 3]), 5)), 20],
    [new Visits('calls over the hub', async () => equal(await ann.request('hub', 'add', [3, 4]), 7)), 20],
    [new Visits('files', () => sendAndFetch(ann, tom, folder)), 2],
    [new Visits('HTTP', () => askAround(base)), 5],
  ] as const
  return {
    visits,
    async [Symbol.asyncDispose]() {
      for (const client of [ann, tom, bySocket, byHttp]) await client[Symbol.asyncDispose]()
    },
  }
}

/** A file of a random size goes from one to the other, is compared, and is removed. */
async function sendAndFetch(from: HubClient, to: HubClient, folder: string): Promise<void> {
  const bytes = randomBytes(1 + Math.floor(Math.random() * 1_000_000))
  const path = join(folder, 'sent.bin')
  await writeFile(path, bytes)
  const { key } = await from.sendFile('tom', path, { resumeIn: false })
  const { path: fetched } = await to.download(key, join(folder, 'fetched'))
  equal(hashOf(await readFile(fetched)), hashOf(bytes))
  await rm(fetched)
  await from.request('hub', 'hub.files.remove', { keys: [key] })
}

async function askAround(base: string): Promise<void> {
  for (const path of ['/healthz', '/readyz', '/api/v1/stats', '/api/v1/clients', '/openapi.json']) {
    const response = await fetch(base + path)
    await response.arrayBuffer()
    equal(`${path} ${response.status}`, `${path} 200`)
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function equal(found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${String(found)} came where ${String(wanted)} was due`)
}
