import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { silentLogger } from '@posthouse/core'
import { createApp, messageRouter } from '@posthouse/web'
import type { Browser, Page } from 'puppeteer-core'
import { z } from 'zod'
import { CHROMIUM_MISSING, chromiumPath, startChromium } from './chromium.ts'

const chromium = chromiumPath()

describe('the page of the WebSocket endpoints', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  const app = createApp({ title: 'Shop', env: 'development', logger: silentLogger })
  let url = ''
  let browser: Browser | undefined
  const complaints: string[] = []

  before(async () => {
    const chat = messageRouter({
      state: ({ params }) => ({ room: (params as { room: string }).room }),
      kinds: (kind) => ({
        say: kind(
          { message: z.object({ text: z.string() }), reply: z.object({ said: z.string() }) },
          ({ text }, { state }) => ({
            said: `${text} in ${state.room}`,
          }),
        ),
        leave: kind({ message: z.object({ type: z.literal('leave') }) }, (_, { socket }) => socket.close(4000, 'bye')),
      }),
    })
    app.websocket('/ws/{room}', { messages: chat.messages, summary: '<i>Chat</i>' }, chat)
    const { port } = await app.listen({ port: 0 })
    url = `http://127.0.0.1:${port}`
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser?.close()
    await app.close()
  })

  async function open(): Promise<Page> {
    const page = await (browser as Browser).newPage()
    page.setDefaultTimeout(10_000)
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('requestfailed', (request) => complaints.push(request.url()))
    await page.goto(`${url}/asyncapi`)
    return page
  }

  test('sends a message and shows what comes back, without a complaint', async () => {
    const page = await open()
    await page.locator('h2 ::-p-text(/ws/{room})').wait()
    await page.locator('article ::-p-text(<i>Chat</i>)').wait()
    await page.locator('input[name=room]').fill('lobby')
    await page.locator('button.connect').click()
    await page.locator('output ::-p-text(connected)').wait()
    assert.deepEqual(JSON.parse(await page.$eval('textarea', ({ value }) => value)), { type: 'say', text: 'text' })
    await page.locator('button.send').click()
    await page.locator('li.in ::-p-text({"said":"text in lobby"})').wait()
    await page.locator('textarea').fill('{"type":"sing"}')
    await page.locator('button.send').click()
    await page.locator('li.in ::-p-text("status":40400)').wait()
    await page.select('select[name=kind]', 'leave')
    await page.locator('button.send').click()
    await page.locator('li.end ::-p-text(closed with 4000: bye)').wait()
    await page.close()
    assert.deepEqual(complaints, [])
  })
})
