import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FileMessage, HubClient } from '@posthouse/client'
import { fileOf } from '@posthouse/client/files'
import { PosthouseError } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { procedure } from '@posthouse/rpc'
import { createNode } from 'posthouse'
import type { Browser } from 'puppeteer-core'
import sharp from 'sharp'
import { Arrivals } from '../../packages/hub/test/arrivals.ts'
import { callsDoor } from '../../packages/posthouse/src/node/calls-door.ts'
import { openPost, sha256 } from '../files/post.ts'
import { CHROMIUM_MISSING, chromiumPath, foreignHost, startChromium } from './chromium.ts'
import { PeerPage, servePeerPage } from './peer-page.ts'

const chromium = chromiumPath()

/** A node that answers calls. */
function callsNode() {
  const hub = new Hub()
  const procedures = {
    double: procedure({}, (n) => Number(n) * 2),
    count: procedure({}, async function* (most) {
      for (let n = 0; n < Number(most); n++) yield n
    }),
    doubt: procedure({}, () => {
      throw new PosthouseError('unknown_outcome', 'nobody can tell')
    }),
  }
  return createNode({ hub, doors: [callsDoor({ hub, procedures })] })
}

describe('the client in a real browser', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  let server: Awaited<ReturnType<typeof servePeerPage>>
  const node = callsNode()
  let browser: Browser | undefined
  let hub: Hub
  let url = ''
  let page = ''

  before(async () => {
    await node.start()
    server = await servePeerPage(node)
    page = `http://127.0.0.1:${server.port}/`
    hub = new Hub()
    ;({ url } = await hub.listen({ port: 0 }))
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser?.close()
    await hub.close()
    await server[Symbol.asyncDispose]()
    await node.close()
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

  test('sends files, pictures with a small one, and folders, and fetches, with code that is loaded for that', async () => {
    await using post = await openPost()
    await using peer = await open()
    const node = await post.client('program')
    const arrived = new Arrivals<FileMessage>('what the program is sent')
    node.on('*', { downloadTo: join(post.folder, 'd'), saveAs: 'name' }, (message) => arrived.push(message))
    await peer.connect({ url: post.url, clientId: 'page' })
    const half = { width: 320, height: 160, channels: 3, background: '#804020' } as const
    const picture = await sharp({ create: half }).png().toBuffer()
    const { sha256: told, last } = await peer.page.evaluate(
      async (png) => {
        const bytes = new Uint8Array(9_000_001).map((_, at) => Math.imul(at, 31) >> 3)
        let last = 0
        const options = { onProgress: (progress: { readonly bytes: number }) => (last = progress.bytes) }
        const sent = await globalThis.peer.sendFile('program', new File([bytes], 'ü.bin'), options)
        const image = new Blob([Uint8Array.from(png)], { type: 'image/png' })
        await globalThis.peer.sendImage('program', image, { name: 'half.png' })
        const inside = new File(['in a folder'], 'a.txt')
        Object.defineProperty(inside, 'webkitRelativePath', { value: 'photos/2025/a.txt' })
        await globalThis.peer.sendFolder('program', [inside])
        return { ...sent, last }
      },
      [...picture],
    )
    const file = await arrived.take()
    assert.deepEqual([file.fileName, last], ['ü.bin', 9_000_001])
    assert.equal(sha256(await readFile(file.localPath ?? '')), told)
    const { width, height, preview = '', mediaType } = fileOf(await arrived.take())
    assert.deepEqual([width, height, mediaType], [320, 160, 'image/png'])
    assert.match(preview, /^data:image\/webp;base64,\S{20}/)
    const { localPath = '' } = await arrived.take()
    assert.equal(await readFile(join(localPath, '2025/a.txt'), 'utf8'), 'in a folder')

    const back = await node.sendFile('page', Buffer.from('for the page'), { name: 'b.txt' })
    const read = await peer.page.evaluate(async (key) => {
      const { blob, size } = await globalThis.peer.download(key)
      return [await blob.text(), blob.type, size]
    }, back.key)
    assert.deepEqual(read, ['for the page', 'text/plain', 12])
    const refused = await peer.page.evaluate(() =>
      globalThis.peer.download('cross_comm/program/1_00000000.txt').then(
        () => 'fetched',
        (error: unknown) => (globalThis.posthouse.isPosthouseError(error) ? error.code : String(error)),
      ),
    )
    assert.equal(refused, 'forbidden')
  })

  test('calls procedures of a node, through the socket and over HTTP', async () => {
    await using peer = await open()
    const said = await peer.page.evaluate(async (socketUrl) => {
      const httpUrl = `${socketUrl}/api/call`
      const said: unknown[] = []
      for (const doors of [{ socketUrl, httpUrl }, { httpUrl }]) {
        const client = globalThis.posthouseCalls.createCallClient({ ...doors, logLevel: 'silent' })
        await client.connect()
        said.push(client.mode, await client.call('double', 21))
        for await (const item of client.stream('count', 3)) said.push(item)
        said.push(await client.call('doubt').catch(({ code, facts }) => [code, facts.number, facts.retry]))
        await client.disconnect()
      }
      return said
    }, new URL(page).origin)
    const each = [42, 0, 1, 2, ['unknown_outcome', 6005, false]]
    assert.deepEqual(said, ['socket', ...each, 'http', ...each])
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
