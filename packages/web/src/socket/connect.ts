import type { IncomingMessage } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { type ClientOptions, WebSocket } from 'ws'
import { ClientSocket, type WebSocketLike } from '../client/client-socket.ts'
import { type Problem, type ProblemDocument, problem } from '../problem/problem.ts'

/** How a WebSocket is opened without a port. */
export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly subprotocols?: readonly string[]
}

/** A server that takes streams as connections, once it is ready. */
export interface StreamServer {
  ready(): Promise<void>
  connection(stream: Duplex): void
}

/** A WebSocket over memory. Of its URL only path and query count. */
export function webSocketInMemory(url: string, server: StreamServer, how: ConnectOptions = {}): WebSocket {
  const { headers = {}, query = {}, subprotocols = [] } = how
  const target = new URL(url, 'ws://localhost')
  for (const [name, value] of Object.entries(query)) target.searchParams.append(name, String(value))
  const [near, far] = duplexPair()
  const createConnection = (_: unknown, done: (error: Error | null, stream?: Duplex) => void): undefined => {
    server.ready().then(() => {
      server.connection(far)
      done(null, near)
    }, done)
  }
  // ws hands it to Node's client, which takes the stream by the callback.
  const connection = createConnection as unknown as NonNullable<ClientOptions['createConnection']>
  target.protocol = 'ws:'
  return new WebSocket(target, [...subprotocols], { headers, createConnection: connection, perMessageDeflate: false })
}

/** Opens a WebSocket over memory. @throws Problem where it is refused */
export async function connectInMemory(path: string, how: ConnectOptions, server: StreamServer): Promise<ClientSocket> {
  const ws = webSocketInMemory(path, server, how)
  const refusal = new Promise<never>((_, reject) => {
    ws.on('unexpected-response', (_request, response) => void problemOf(response).then(reject))
  })
  // The types of ws for listeners have events of its own.
  const socket = new ClientSocket(ws as WebSocketLike, { sent: false, received: false })
  try {
    await Promise.race([socket.opened, refusal])
    return socket
  } catch (error) {
    ws.terminate()
    throw error
  }
}

async function problemOf(response: IncomingMessage): Promise<Problem> {
  const text = Buffer.concat(await response.toArray()).toString()
  const status = response.statusCode ?? 500
  try {
    const { detail, title, code, errors } = JSON.parse(text) as Partial<ProblemDocument>
    return problem(status, detail ?? title ?? '', { ...(code && { code }), ...(errors && { errors }) })
  } catch {
    // The app's own format of errors.
    return problem(status, text)
  }
}
