import type { IncomingMessage } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { WebSocket } from 'ws'
import { ClientSocket, type WebSocketLike } from '../client/client-socket.ts'
import { type Problem, type ProblemDocument, problem } from '../problem/problem.ts'

/** How a WebSocket is opened without a port. */
export interface ConnectOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly subprotocols?: readonly string[]
}

/** Opens a WebSocket over memory to a server that takes streams as connections. @throws Problem where it is refused */
export async function connectInMemory(
  path: string,
  { headers = {}, query = {}, subprotocols = [] }: ConnectOptions,
  toServer: (stream: Duplex) => void,
): Promise<ClientSocket> {
  const [near, far] = duplexPair()
  toServer(far)
  const url = new URL(path, 'ws://localhost')
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value))
  const ws = new WebSocket(url, [...subprotocols], { headers, createConnection: () => near, perMessageDeflate: false })
  const refusal = new Promise<never>((_, reject) => {
    ws.on('unexpected-response', (_request, response) => void problemOf(response).then(reject))
  })
  // The types of ws for listeners have events of its own.
  const socket = new ClientSocket(ws as WebSocketLike, false)
  try {
    await Promise.race([socket.opened, refusal])
    return socket
  } catch (error) {
    near.destroy()
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
