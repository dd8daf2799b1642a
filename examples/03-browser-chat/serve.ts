/**
 * A chat in the browser: serves this folder and the client, built for browsers, on this computer.
 *
 * Run the hub (`npm start`) and, beside it, `npm run chat`; then open the address that it prints. Whoever runs
 * `npx posthouse listen --id bob` in a terminal is there, too.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { bundleClient } from '../../scripts/bundle-client.ts'

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript' }
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src ws: wss:"

/** Serves the chat on a port of this computer. Dispose stops it. */
export async function serveChat(port: number): Promise<AsyncDisposable & { readonly url: string }> {
  const files = new Map(await bundleClient())
  for (const name of ['index.html', 'chat.css', 'chat.js', 'words.js']) {
    files.set(name, readFileSync(new URL(name, import.meta.url)))
  }
  const server = createServer(({ url = '/' }, response) => {
    const name = new URL(url, 'http://localhost').pathname.slice(1) || 'index.html'
    const content = files.get(name)
    const headers = { 'Content-Type': `${types[extname(name)]}; charset=utf-8`, 'Content-Security-Policy': policy }
    response.writeHead(content ? 200 : 404, content && headers).end(content)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

if (import.meta.main) {
  const { url } = await serveChat(Number(process.argv[2] ?? 8080))
  console.log(`The chat is at ${url} — Ctrl-C stops it.`)
}
