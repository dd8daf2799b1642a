import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import type { Browser, Page } from 'puppeteer-core'
import { CHROMIUM_MISSING, chromiumPath, openPage, startChromium } from './chromium.ts'
import { servePeerPage } from './peer-page.ts'

const chromium = chromiumPath()

declare global {
  /** What the page's handler was handed. */
  var handed: unknown[]
}

describe('a storage in IndexedDB', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  let server: Awaited<ReturnType<typeof servePeerPage>>
  let browser: Browser | undefined
  let hub: Hub
  let url = ''

  before(async () => {
    server = await servePeerPage()
    hub = new Hub()
    ;({ url } = await hub.listen({ port: 0 }))
    browser = await startChromium(chromium ?? '')
  })
  after(async () => {
    await browser?.close()
    await hub.close()
    await server[Symbol.asyncDispose]()
  })

  const open = (): Promise<Page> => openPage(browser as Browser, `http://127.0.0.1:${server.port}/`)

  /** Has the page make its client, with a storage. */
  async function begin(page: Page, hubUrl: string): Promise<void> {
    await page.waitForFunction(() => 'posthouseStorage' in globalThis)
    await page.evaluate((address) => {
      globalThis.handed = []
      const storage = posthouseStorage.indexedDbStorage()
      globalThis.peer = new posthouse.HubClient({ url: address, clientId: 'page', storage })
      peer.on('text', ({ body }) => void handed.push(body))
    }, hubUrl)
  }

  test('has the next life of a page send what was not confirmed, and hands over nothing twice', async () => {
    await using alice = new HubClient({ url, clientId: 'alice' })
    const heard: unknown[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    alice.on('text', ({ body }) => {
      heard.push(body)
      if (body === 'three') resolve()
    })
    await alice.connect()
    const first = await open()
    await begin(first, 'ws://127.0.0.1:9')
    await first.evaluate(async () => {
      for (const text of ['one', 'two']) peer.send('alice', text).catch(() => undefined)
      await peer.connect().catch(() => undefined)
    })
    await first.close()

    const second = await open()
    await begin(second, url)
    await second.evaluate(() => peer.connect())
    await alice.send('page', 'hello')
    await second.waitForFunction(() => handed.length === 1)
    const third = await open()
    await begin(third, url)
    const code = await third.evaluate(() => peer.connect().then(String, (error) => error.code))
    assert.equal(code, 'data_in_use')
    await third.close()
    await second.close()

    const fourth = await open()
    await begin(fourth, url)
    await fourth.evaluate(async () => {
      await peer.connect()
      await peer.send('alice', 'three')
    })
    await promise
    assert.deepEqual(heard, ['one', 'two', 'three'])
    await alice.send('page', 'again')
    await fourth.waitForFunction(() => handed.length > 0)
    assert.deepEqual(await fourth.evaluate(() => handed), ['again'])
    await fourth.close()
  })
})
