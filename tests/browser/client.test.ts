import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import type { Browser } from 'puppeteer-core'
import { Arrivals } from '../../packages/hub/test/arrivals.ts'
import { CHROMIUM_MISSING, chromiumPath, foreignHost, startChromium } from './chromium.ts'
import { PeerPage, servePeerPage } from './peer-page.ts'

const chromium = chromiumPath()

describe('the client in a real browser', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  let server: Awaited<ReturnType<typeof servePeerPage>>
  let browser: Browser | undefined
  let hub: Hub
  let url = ''
  let page = ''

  before(async () => {
    server = await servePeerPage()
    page = `http://127.0.0.1:${server.port}/`
    hub = new Hub()
    ;({ url } = await hub.listen({ port: 0 }))
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser?.close()
    await hub.close()
    await server[Symbol.asyncDispose]()
  })

  const open = (): Promise<PeerPage> => PeerPage.open(browser as Browser, page)

  /** The hub goes away and comes back at the same address. */
  async function restart(between: () => Promise<void>): Promise<void> {
    await hub.close()
    await between()
    hub = new Hub()
    await hub.listen({ port: Number(new URL(url).port) })
  }

  for (const dialect of ['json', 'msgpack'] as const) {
    test(`exchanges text, objects and bytes with a program in ${dialect}`, async () => {
      await using peer = await open()
      await using node = new HubClient({ url, clientId: `node-${dialect}` })
      const heard = new Arrivals<unknown>('what the program hears')
      node.on('*', ({ from, type, body }) => heard.push({ from, type, body }))
      await node.connect()
      const id = `page-${dialect}`
      await peer.connect({ url, dialect, clientId: id })

      const bodies = [
        ['text', 'hello 你好'],
        ['dict', { cpu: 0.93, tags: ['a', null] }],
      ] as const
      for (const [type, body] of bodies) {
        await node.send(id, body)
        assert.deepEqual(await peer.told.take(({ event }) => event === 'message'), {
          event: 'message',
          from: node.clientId,
          type,
          body,
          bytes: false,
        })
        const sent = await peer.page.evaluate((to, what) => globalThis.peer.send(to, what), node.clientId, body)
        assert.equal(sent.state, 'stored')
        assert.deepEqual(await heard.take(), { from: id, type, body })
      }

      await node.send(id, Uint8Array.of(0, 1, 255), { qos: 0 })
      const bytes = await peer.told.take(({ event }) => event === 'message')
      assert.deepEqual([bytes.type, bytes.body, bytes.bytes], ['bytes', [0, 1, 255], true])
      await peer.page.evaluate((to) => globalThis.peer.send(to, Uint8Array.of(0, 1, 255), { qos: 0 }), node.clientId)
      assert.deepEqual(await heard.take(), { from: id, type: 'bytes', body: Uint8Array.of(0, 1, 255) })
    })
  }

  test('calls and is called, with code that is loaded for the first call', async () => {
    await using peer = await open()
    await using node = new HubClient({ url, clientId: 'caller' })
    node.handle('double', ({ body }) => Number(body) * 2)
    await node.connect()
    await peer.connect({ url, clientId: 'called' })
    assert.equal(await peer.page.evaluate(() => globalThis.peer.request('caller', 'double', 21)), 42)

    await peer.page.evaluate(() => {
      globalThis.peer.handle('count', async function* ({ body }) {
        for (let number = 1; number <= Number(body); number++) yield number
      })
    })
    const parts: unknown[] = []
    for await (const part of node.stream('called', 'count', 3)) parts.push(part)
    assert.deepEqual(parts, [1, 2, 3])
  })

  test('sees who comes and goes', async () => {
    await using peer = await open()
    await peer.connect({ url, clientId: 'watcher' })
    await peer.page.evaluate(() => {
      globalThis.peer.watch('presence', ({ full, clients }) => {
        for (const { client, online } of clients) void tell({ event: 'presence', full, client, online })
      })
    })
    const visitor = new HubClient({ url, clientId: 'visitor' })
    await visitor.connect()
    await peer.told.take(({ client, online }) => client === 'visitor' && online === true)
    await visitor.close()
    await peer.told.take(({ client, online }) => client === 'visitor' && online === false)
    const clients = await peer.page.evaluate(() => globalThis.peer.clients())
    assert.ok(clients.some(({ client }) => client === 'watcher'))
  })

  test('comes back when the hub does, and sends what waited', async () => {
    await using peer = await open()
    await peer.connect({ url, clientId: 'patient', reconnect: { baseMs: 100, capMs: 100 } })
    await peer.state('online')
    let sending: Promise<unknown> = Promise.resolve()
    const arrived = Promise.withResolvers<unknown>()
    await restart(async () => {
      await peer.state('waiting')
      sending = peer.page.evaluate(() => globalThis.peer.send('hub', 'I waited'))
    })
    hub.on('text', ({ body }) => arrived.resolve(body))
    await peer.state('online')
    await sending
    assert.equal(await arrived.promise, 'I waited')
  })

  test('comes back at once when the browser has its network again', async () => {
    await using peer = await open()
    await peer.connect({ url, clientId: 'traveller', reconnect: { baseMs: 3_600_000, capMs: 3_600_000 } })
    await peer.state('online')
    await restart(async () => {
      // The first wait after a shutdown is short; the second one, an hour, is what the network's return has to end.
      await peer.told.take(({ state, waitMs }) => state === 'waiting' && Number(waitMs) > 60_000)
    })
    peer.told.drain()
    // The page may hear of its network before that lets connections through; then it waits for the next time.
    for (let state: unknown = 'waiting'; state === 'waiting'; ) {
      await peer.page.setOfflineMode(true)
      await peer.page.setOfflineMode(false)
      const ended = await peer.told.take(({ state: now }) => now === 'online' || now === 'waiting')
      state = ended.state
    }
  })

  test('is refused where another site has served the page, whatever name the hub is called by', async () => {
    const foreign = page.replace('127.0.0.1', foreignHost)
    await using peer = await PeerPage.open(browser as Browser, foreign)
    for (const address of [url, url.replace('127.0.0.1', foreignHost)]) {
      const code = await peer.page.evaluate(async (to) => {
        await using client = new globalThis.posthouse.HubClient({ url: to, clientId: 'foreigner' })
        return await client.connect().then(
          () => 'connected',
          (error: unknown) => (globalThis.posthouse.isPosthouseError(error) ? error.code : String(error)),
        )
      }, address)
      assert.equal(code, 'unreachable')
    }
    assert.equal(hub.onlineClients().includes('foreigner'), false)
  })
})
