import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type App, createApp, createRouter, problem } from '@posthouse/web'
import type { Browser } from 'puppeteer-core'
import { z } from 'zod'
import { CHROMIUM_MISSING, chromiumPath, startChromium } from './chromium.ts'

const chromium = chromiumPath()

describe('the documents in the browser', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  const app = shop()
  let browser: Browser
  let url = ''

  before(async () => {
    const { port } = await app.listen({ port: 0 })
    url = `http://127.0.0.1:${port}`
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser.close()
    await app.close()
  })

  /** Opens a page, waits until it shows an endpoint, and resolves to all that went wrong on the way. */
  async function visit(path: string, use: string): Promise<string[]> {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => complaints.push(`thrown: ${String(error)}`))
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(url))
        complaints.push(`asked ${request.url()}`)
    })
    await page.goto(url + path)
    await page.locator(`::-p-text(${use})`).wait()
    await page.close()
    return complaints
  }

  for (const [name, path] of [
    ['Swagger UI', '/docs'],
    ['ReDoc', '/redoc'],
    ['Scalar', '/reference'],
  ] as const) {
    test(`${name} shows the endpoints, keeps the policy and asks nobody else`, async () => {
      assert.deepEqual(await visit(path, 'Finds one item'), [])
    })
  }

  test('Swagger UI tries an endpoint out', async () => {
    const page = await browser.newPage()
    page.setDefaultTimeout(20_000)
    await page.goto(`${url}/docs`)
    await page.locator('::-p-text(Finds one item)').click()
    await page.locator('button.try-out__btn').click()
    await page.locator('tr[data-param-name=id] input').fill('7')
    await page.locator('button.execute').click()
    await page.locator('.live-responses-table ::-p-text(ink)').wait()
    await page.close()
  })
})

function shop(): App {
  const app = createApp({ title: 'Shop', version: '1.0.0', env: 'development' })
  const items = createRouter({ prefix: '/items', tags: ['items'] })
  const item = z.object({ id: z.number().int(), name: z.string() }).meta({ id: 'Item' })
  const options = { params: z.object({ id: z.number().int() }), response: item, summary: 'Finds one item' }
  items.get('/{id}', options, ({ params }) => {
    if (params.id !== 7) throw problem(404, 'There is no such item')
    return { id: params.id, name: 'ink' }
  })
  items.post('/', { body: item, response: item, status: 201, summary: 'Adds an item' }, ({ body }) => body)
  app.include(items)
  return app
}
