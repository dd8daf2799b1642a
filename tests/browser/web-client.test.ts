import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createApp, problem } from '@posthouse/web'
import { build } from 'esbuild'
import type { Browser } from 'puppeteer-core'
import { z } from 'zod'
import { CHROMIUM_MISSING, chromiumPath, openPage, startChromium } from './chromium.ts'

/** The light client as a page loads it. */
async function bundled() {
  const { outputFiles, metafile } = await build({
    entryPoints: ['packages/web/src/client.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@posthouse/source'],
    write: false,
    metafile: true,
  })
  return { code: outputFiles[0]?.text ?? '', files: Object.keys(metafile.inputs) }
}

test('the client of endpoints brings nothing of a server along', async () => {
  const { code, files } = await bundled()
  assert.deepEqual(
    files.filter((file) => !/^packages\/(web|core)\/src\//.test(file)),
    [],
  )
  // As its README says.
  const bytes = gzipSync(code, { level: 9 }).length
  assert.ok(bytes < 4096, `${bytes} bytes`)
})

const page = `<!doctype html><link rel="icon" href="data:,"><title>Shop</title><pre id="said"></pre><script type="module">
  import { createClient, isProblem, remote } from '/client.js'
  const api = remote({ getItem: 'GET /items/{id}', echo: 'websocket /ws' })
  const client = createClient(api, { baseUrl: location.origin })
  const said = [await client.getItem({ params: { id: 7 } })]
  said.push(await client.getItem({ params: { id: 8 } }).catch((error) => isProblem(error) && error.status))
  const socket = client.echo()
  socket.send({ n: 1 })
  said.push(await socket.receive())
  await socket.close()
  document.querySelector('#said').textContent = JSON.stringify(said)
</script>`

const chromium = chromiumPath()

describe('the client of endpoints in the browser', { skip: chromium === undefined ? CHROMIUM_MISSING : false }, () => {
  const app = createApp({ env: 'test' })
  const params = z.object({ id: z.number() })
  app.get('/items/{id}', { params }, ({ params: { id } }) => {
    if (id > 7) throw problem(404, 'There is no such item')
    return { id }
  })
  const n = z.object({ n: z.number() })
  app.websocket('/ws', { messages: { in: n, out: n } }, async (socket) => {
    await socket.accept()
    for await (const message of socket) await socket.send({ n: message.n + 1 })
  })
  app.get('/', () => new Response(page, { headers: { 'content-type': 'text/html' } }))
  let browser: Browser
  let url = ''

  before(async () => {
    const { code } = await bundled()
    app.get('/client.js', () => new Response(code, { headers: { 'content-type': 'text/javascript' } }))
    const { port } = await app.listen({ port: 0 })
    url = `http://127.0.0.1:${port}`
    browser = await startChromium(chromium ?? '')
  })

  after(async () => {
    await browser.close()
    await app.close()
  })

  test('calls endpoints, hears of problems, and talks over WebSockets', async () => {
    const opened = await openPage(browser, url)
    const said = await opened
      .locator('#said:not(:empty)')
      .map((element) => element.textContent)
      .wait()
    assert.equal(said, '[{"id":7},404,{"n":2}]')
  })
})
