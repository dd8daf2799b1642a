import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type * as client from '@posthouse/client'
import type * as calls from '@posthouse/client/calls'
import type * as indexeddb from '@posthouse/client/indexeddb'
import type { PosthouseNode } from 'posthouse'
import type { Browser, Page } from 'puppeteer-core'
import { Arrivals } from '../../packages/hub/test/arrivals.ts'
import { bundleClient } from '../../scripts/bundle-client.ts'
import { openPage } from './chromium.ts'

/** Something that happened to the client in the page, as plain data. */
export interface Told {
  readonly event: 'message' | 'state' | 'presence'
  readonly [detail: string]: unknown
}

declare global {
  /** The names of `@posthouse/client` in the page. */
  var posthouse: typeof client
  /** The names of `@posthouse/client/calls` in the page. */
  var posthouseCalls: typeof calls
  /** The names of `@posthouse/client/indexeddb` in the page. */
  var posthouseStorage: typeof indexeddb
  /** The client of the page. */
  var peer: client.HubClient
  /** Tells the test. */
  var tell: (told: Told) => Promise<void>
}

const html = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>peer</title>
<script type="module">import * as posthouse from '/client.js'; globalThis.posthouse = posthouse
import * as calls from '/calls.js'; globalThis.posthouseCalls = calls
import * as storage from '/indexeddb.js'; globalThis.posthouseStorage = storage</script>`

/** Serves the built client and an empty page that has loaded it; all else is for a node that has started, where there is one. */
export async function servePeerPage(node?: PosthouseNode): Promise<AsyncDisposable & { readonly port: number }> {
  const files = await bundleClient()
  const server = createServer((request, response) => {
    const { url = '/' } = request
    const script = files.get(url.slice(1))
    const isOther = url !== '/' && script === undefined
    if (isOther && node !== undefined) return node.handleRequest(request, response)
    if (isOther) response.writeHead(404)
    else response.setHeader('Content-Type', `${script ? 'text/javascript' : 'text/html'}; charset=utf-8`)
    response.end(script ?? html)
  })
  server.on('upgrade', (request, socket, head) => node?.handleUpgrade(request, socket, head) || socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A page with a client in it that tells the test what happens. */
export class PeerPage implements AsyncDisposable {
  readonly page: Page
  readonly told: Arrivals<Told> = new Arrivals('what the page tells')

  constructor(page: Page) {
    this.page = page
  }

  static async open(browser: Browser, url: string): Promise<PeerPage> {
    const peer = new PeerPage(await openPage(browser, url))
    await peer.page.exposeFunction('tell', (told: Told) => peer.told.push(told))
    return peer
  }

  /** Makes the client of the page, with waits that no test would see the end of, and connects it. */
  connect(options: client.HubClientOptions): Promise<void> {
    return this.page.evaluate(async (given) => {
      const peer = new globalThis.posthouse.HubClient({ ...given, random: () => 1 })
      globalThis.peer = peer
      peer.on('*', ({ from, type, body }) => {
        const bytes = body instanceof Uint8Array
        return tell({ event: 'message', from, type, body: bytes ? [...body] : body, bytes })
      })
      peer.watch('state', ({ state, waitMs }) => tell({ event: 'state', state, waitMs }))
      await peer.connect()
    }, options)
  }

  /** Waits until the client of the page has come to this state. */
  async state(state: client.ClientState): Promise<void> {
    await this.told.take((told) => told.event === 'state' && told.state === state)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close()
  }
}
