import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createApp } from '@posthouse/web'
import { createNode, type Door, type NodeOptions, type PosthouseNode } from 'posthouse'

async function openNode(options: NodeOptions = {}): Promise<PosthouseNode & { readonly port: number }> {
  const node = createNode({ env: 'test', docs: false, ...options })
  const { port } = await node.listen({ port: 0 })
  return Object.assign(node, { port })
}

/** Writes bytes and gives all that comes until the node ends the connection. */
async function say(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

const upgradeHead = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
const key = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'

describe('a node', () => {
  test('takes nothing that hides behind a request to upgrade for another request', async () => {
    const asked: string[] = []
    const door: Door = {
      name: 'trap',
      places: [],
      requests: {
        path: '/trap',
        handle: (request, response) => {
          asked.push(request.url ?? '')
          response.end()
        },
      },
      close: async () => undefined,
    }
    await using node = await openNode({ doors: [door] })
    const hidden = 'GET /trap HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const refused = await say(node.port, `GET / HTTP/1.1\r\nHost: localhost\r\n${upgradeHead}\r\n${hidden}`)
    assert.match(refused, /^HTTP\/1\.1 400 /)
    const posted = await say(node.port, `POST / HTTP/1.1\r\nHost: localhost\r\n${upgradeHead}${key}\r\n${hidden}`)
    assert.match(posted, /^HTTP\/1\.1 405 /)
    // An upgraded socket is the hub's alone: what is no frame ends it.
    const framed = await say(node.port, `GET / HTTP/1.1\r\nHost: localhost\r\n${upgradeHead}${key}\r\n${hidden}`)
    assert.match(framed, /^HTTP\/1\.1 101 /)
    assert.doesNotMatch(framed, /HTTP\/1\.1 200/)
    const both = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n'
    assert.match(
      await say(node.port, `POST /trap HTTP/1.1\r\nHost: localhost\r\n${both}\r\n0\r\n\r\n${hidden}`),
      /^HTTP\/1\.1 400 /,
    )
    assert.deepEqual(asked, [])
  })

  test('answers what is no HTTP, and what is too large, and goes on', async () => {
    await using node = await openNode()
    assert.match(await say(node.port, '\x16\x03\x01\x02\x00garbage\r\n\r\n'), /^HTTP\/1\.1 400 /)
    assert.match(await say(node.port, `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /)
    const large = `POST /api/v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
    assert.match(await say(node.port, `${large}Content-Length: 99999999999\r\n\r\n{`), /^HTTP\/1\.1 413 /)
    assert.equal((await fetch(`http://127.0.0.1:${node.port}/healthz`)).status, 200)
  })

  test('lets a thousand connections that say nothing harm nobody', async () => {
    await using node = await openNode()
    const silent = await Promise.all(
      Array.from({ length: 1000 }, async (_, index): Promise<Socket> => {
        const socket = connect(node.port, '127.0.0.1')
        socket.on('error', () => undefined)
        await once(socket, 'connect')
        if (index % 2 === 0) socket.write('GET / HTTP/1.1\r\nX-Slow: ')
        return socket
      }),
    )
    assert.equal((await fetch(`http://127.0.0.1:${node.port}/healthz`)).status, 200)
    const gone = Promise.all(silent.map((socket) => once(socket, 'close')))
    await node.drain({ graceMs: 50 })
    await gone
  })

  test('has no other name on a loopback address, where nobody is asked who they are', async () => {
    const app = createApp({ env: 'test' })
    app.get('/mine', () => 'mine')
    await using node = await openNode({ app, allowedOrigins: ['https://hub.example'] })
    const status = async (path: string, host: string): Promise<string> =>
      (await say(node.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(9, 12)
    assert.equal(await status('/healthz', 'localhost'), '200')
    assert.equal(await status('/healthz', `[::1]:${node.port}`), '200')
    assert.equal(await status('/healthz', 'rebound.example'), '403')
    assert.equal(await status('/', 'rebound.example'), '403')
    assert.equal(await status('/healthz', 'hub.example'), '200')
    const opening = (host: string, origin: string): Promise<string> => {
      const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\n${upgradeHead}${key}`
      // A frame that is none ends a socket that was opened.
      return say(node.port, `${head}\r\n\xff\xff\xff\xff\xff\xff`)
    }
    assert.match(await opening('rebound.example', 'http://rebound.example'), /^HTTP\/1\.1 403 /)
    assert.match(await opening('localhost', 'http://localhost:3000'), /^HTTP\/1\.1 101 /)
    // Who may read an app of one's own is for the app to say.
    assert.equal(await status('/mine', 'rebound.example'), '200')
  })
})
