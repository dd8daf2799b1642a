import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import type { Browser, Page } from 'puppeteer-core'
import { serveChat } from '../../examples/03-browser-chat/serve.ts'
import { Cli } from '../../packages/posthouse/test/cli.ts'
import { CHROMIUM_MISSING, chromiumPath, openPage, startChromium } from './chromium.ts'

const chromium = chromiumPath()

describe('the chat in the browser', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  const hub = new Hub()
  let url = ''
  let chat: Awaited<ReturnType<typeof serveChat>>
  let browser: Browser | undefined

  before(async () => {
    ;({ url } = await hub.listen({ port: 0 }))
    chat = await serveChat(0)
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser?.close()
    await hub.close()
    await chat[Symbol.asyncDispose]()
  })

  async function enter(name: string): Promise<Page> {
    const page = await openPage(browser as Browser, `${chat.url}?hub=${encodeURIComponent(url)}`)
    await page.locator('#login [name=id]').fill(name)
    await page.locator('#login button').click()
    return page
  }

  test('talks with a terminal, and shows who is there', async () => {
    const page = await enter('page')
    const settings = { env: { POSTHOUSE_URL: url } }
    await using terminal = Cli.start(['listen', '--id', 'bob'], settings)
    await page.locator('#people ::-p-text(bob)').wait()
    await page.locator('#login').setVisibility('hidden').wait()

    await page.locator('#compose select').fill('bob')
    await page.locator('#compose [name=body]').fill('hello from the page')
    await page.locator('#compose button').click()
    await terminal.line(/^page text hello from the page$/)

    const { status } = await Cli.run(['send', 'page', '<b>hello</b> from the terminal'], settings)
    assert.equal(status, 0)
    await page.locator('#messages ::-p-text(<b>hello</b> from the terminal)').wait()
    assert.equal(
      await page
        .locator('#state')
        .map(({ textContent }) => textContent)
        .wait(),
      'Connected',
    )
    await page.close()
  })

  test('says why nobody is let in, and lets the next try through', async () => {
    const page = await enter('all')
    await page.locator('#state[data-state=closed] ::-p-text(is no client id)').wait()
    await page.locator('#login [name=id]').fill('someone')
    await page.locator('#login button').click()
    await page.locator('#chat:not([hidden])').wait()
    await page.close()
  })
})
