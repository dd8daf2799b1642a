import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy on a free port of 127.0.0.1. Dispose ends it. */
export interface TestProxy extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What it was asked for: `CONNECT host:port`, `GET http://…` or `SOCKS host:port`. */
  readonly seen: string[]
  /** The credentials that came with each of them. */
  readonly credentials: (string | undefined)[]
}

/** How a proxy behaves. */
export interface ProxyBehaviour {
  /** What it wants to be told, like `Basic …`, or `user:password` for SOCKS. */
  readonly wants?: string
  readonly tls?: ServerOptions
  /** Leads each `CONNECT` here, whatever was asked for. */
  readonly leadsTo?: number
  /** Answers each `CONNECT` with this status. */
  readonly refuses?: number
  /** Cuts each connection once it was asked for something. */
  readonly cuts?: boolean
}

/** An HTTP proxy that forwards and tunnels. */
export async function startProxy(behaviour: ProxyBehaviour = {}): Promise<TestProxy> {
  const seen: string[] = []
  const credentials: (string | undefined)[] = []
  const sockets = new Set<Duplex>()
  const note = (message: IncomingMessage): boolean => {
    seen.push(`${message.method} ${message.url}`)
    credentials.push(message.headers['proxy-authorization'])
    return behaviour.wants === undefined || message.headers['proxy-authorization'] === behaviour.wants
  }
  const server = behaviour.tls === undefined ? createServer() : createSecureServer(behaviour.tls)
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    if (!note(message)) return void response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('who?')
    if (behaviour.cuts) return void message.socket.destroy()
    forward(message, response)
  })
  server.on('connect', (message: IncomingMessage, socket: Duplex) => {
    sockets.add(socket)
    if (!note(message)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    if (behaviour.cuts) return void socket.destroy()
    if (behaviour.refuses !== undefined) return void socket.end(`HTTP/1.1 ${behaviour.refuses} No\r\n\r\n`)
    const [, port] = /:(\d+)$/.exec(message.url ?? '') ?? []
    const onward = connect({ host: '127.0.0.1', port: behaviour.leadsTo ?? Number(port) })
    sockets.add(onward)
    onward.once('connect', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    join(socket, onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${behaviour.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    credentials,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

function forward(message: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _, ...headers } = message.headers
  const onward = request(message.url ?? '', { method: message.method ?? 'GET', headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(response)
  })
  onward.once('error', () => response.writeHead(502).end())
  message.pipe(onward)
}

/** A SOCKS 5 proxy that knows names, `CONNECT` and passwords. */
export async function startSocks(behaviour: ProxyBehaviour = {}): Promise<TestProxy> {
  const seen: string[] = []
  const credentials: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    converse(socket, behaviour, { seen, credentials, sockets }).catch(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `socks5://127.0.0.1:${port}`,
    seen,
    credentials,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

interface Notes {
  readonly seen: string[]
  readonly credentials: (string | undefined)[]
  readonly sockets: Set<Socket>
}

async function converse(socket: Socket, behaviour: ProxyBehaviour, notes: Notes): Promise<void> {
  const [, count = 0] = await take(socket, 2)
  const methods = await take(socket, count)
  const wanted = behaviour.wants === undefined ? 0 : 2
  if (!methods.includes(wanted)) return void socket.end(Buffer.from([5, 255]))
  socket.write(Buffer.from([5, wanted]))
  const told = wanted === 2 ? await readCredentials(socket) : undefined
  notes.credentials.push(told)
  if (wanted === 2) socket.write(Buffer.from([1, told === behaviour.wants ? 0 : 1]))
  if (told !== behaviour.wants) return void socket.end()
  const [, , , kind] = await take(socket, 4)
  const [length = 0] = kind === 3 ? await take(socket, 1) : [4]
  const name = await take(socket, length)
  const port = (await take(socket, 2)).readUInt16BE()
  notes.seen.push(`SOCKS ${kind === 3 ? name.toString() : name.join('.')}:${port}`)
  if (behaviour.refuses !== undefined)
    return void socket.end(Buffer.from([5, behaviour.refuses, 0, 1, 0, 0, 0, 0, 0, 0]))
  if (behaviour.cuts) return void socket.destroy()
  const onward = connect({ host: '127.0.0.1', port: behaviour.leadsTo ?? port })
  notes.sockets.add(onward)
  await once(onward, 'connect')
  socket.write(Buffer.from([5, 0, 0, 3, 3, 97, 98, 99, 0, 0]))
  join(socket, onward)
}

async function readCredentials(socket: Socket): Promise<string> {
  const [, nameLength = 0] = await take(socket, 2)
  const name = await take(socket, nameLength)
  const [length = 0] = await take(socket, 1)
  return `${name}:${await take(socket, length)}`
}

async function take(socket: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0)
  for (;;) {
    const bytes = socket.read(length) as Buffer | null
    if (bytes !== null) return bytes
    await once(socket, 'readable')
  }
}

function join(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.once('close', () => to.destroy())
    from.pipe(to)
  }
}
