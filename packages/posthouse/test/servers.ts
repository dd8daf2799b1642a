import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Hub } from '@posthouse/hub'
import { type WebSocket, WebSocketServer } from 'ws'

/** A certificate of the folder `certificates`, by the name of its file. */
export function certificateFile(name: string): string {
  return fileURLToPath(new URL(`certificates/${name}`, import.meta.url))
}

/** A server on a free port of this computer, closed with its owner. */
export interface Serving extends AsyncDisposable {
  readonly port: number
}

async function serving(server: Server): Promise<Serving> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  await using server = await serving(createTcp())
  return server.port
}

/** A server that is no HTTP server: it says `line` to whoever comes. */
export function serveLine(line: string): Promise<Serving> {
  return serving(createTcp((socket) => socket.end(`${line}\r\n`)))
}

/** A web server that knows no WebSockets. */
export function serveHttp(answer: RequestListener): Promise<Serving> {
  return serving(createServer(answer))
}

/** A hub behind a certificate. */
export function serveTls(hub: Hub, certificate: string): Promise<Serving> {
  const server = createHttps({
    cert: readFileSync(certificateFile(certificate)),
    key: readFileSync(certificateFile('localhost-key.pem')),
  })
  server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
  return serving(server)
}

/** A WebSocket server of the JSON dialect that does with each connection what it is told. */
export async function serveSockets(accept: (socket: WebSocket) => void): Promise<Serving> {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'posthouse.v1.json' })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, accept))
  const { port, [Symbol.asyncDispose]: close } = await serving(server)
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      await close()
    },
  }
}
