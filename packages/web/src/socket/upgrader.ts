import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { PosthouseError } from '@posthouse/core'
import { type WebSocket, WebSocketServer } from 'ws'
import type { AcceptOptions } from './socket-connection.ts'
import type { ResolvedLimits } from './socket-limits.ts'

/** A request to become a WebSocket, with its stream and what came behind its head. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly stream: Duplex
  readonly head: Buffer
}

/** Answers opening handshakes; what is agreed on is for the caller to say. */
export class Upgrader {
  readonly #server: WebSocketServer
  #agreed: AcceptOptions = {}

  constructor({ messageBytes, close }: Pick<ResolvedLimits, 'messageBytes' | 'close'>) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: messageBytes,
      closeTimeout: close,
      handleProtocols: () => this.#agreed.subprotocol ?? false,
      // Newer than the types that are published for it.
    } as ConstructorParameters<typeof WebSocketServer>[0] & { closeTimeout: number })
    this.#server.on('headers', (lines) => lines.push(...linesOf(this.#agreed.headers ?? {})))
  }

  /** @throws PosthouseError `socket_closed` where the client has gone, `invalid_option` for a header that cannot be */
  open({ request, stream, head }: Upgrade, agreed: AcceptOptions): WebSocket {
    linesOf(agreed.headers ?? {})
    this.#agreed = agreed
    let opened: WebSocket | undefined
    // Nothing in there waits: ws calls back before it returns, or has answered itself.
    this.#server.handleUpgrade(request, stream, head, (ws) => {
      opened = ws
    })
    if (opened !== undefined) return opened
    throw new PosthouseError('socket_closed', 'The client went before its WebSocket was accepted')
  }
}

function linesOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)) return `${name}: ${value}`
    throw new PosthouseError('invalid_option', `${JSON.stringify(name)} cannot be a header with that value`)
  })
}
