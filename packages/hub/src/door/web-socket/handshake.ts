import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Why a request cannot become a WebSocket, as an HTTP answer. */
export interface Refusal {
  readonly status: string
  readonly reason: string
  /** When it is worth another try, in seconds. */
  readonly retryAfterS?: number
  /** More lines of the answer's head. */
  readonly headers?: readonly string[]
}

/** A request that may become a WebSocket. */
export interface Opening {
  /** `Sec-WebSocket-Accept` for its key. */
  readonly accept: string
  /** The subprotocols that the client offers, in its order. */
  readonly offered: readonly string[]
}

/** What every server adds to the key. RFC 6455, section 1.3. */
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const keyForm = /^[+/0-9A-Za-z]{22}==$/
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Reads a client's opening handshake. RFC 6455, section 4.2.1. */
export function readOpening(request: IncomingMessage): Opening | Refusal {
  const { headers, method, httpVersionMajor, httpVersionMinor } = request
  if (method !== 'GET') return refusal('405 Method Not Allowed', 'A WebSocket begins with GET.', ['Allow: GET'])
  if (httpVersionMajor !== 1 || httpVersionMinor < 1) return bad('A WebSocket begins with HTTP/1.1.')
  if (!names(headers.upgrade, 'websocket')) return bad('The Upgrade header must say websocket.')
  if (!names(headers.connection, 'upgrade')) return bad('The Connection header must say Upgrade.')
  if (headers['sec-websocket-version'] !== '13') {
    return refusal('426 Upgrade Required', 'This server speaks version 13 of the WebSocket protocol.', [
      'Sec-WebSocket-Version: 13',
      'Upgrade: websocket',
    ])
  }
  const key = headers['sec-websocket-key']
  if (key === undefined || !keyForm.test(key)) return bad('Sec-WebSocket-Key must be 16 bytes in base64.')
  const offered = tokensOf(headers['sec-websocket-protocol'])
  if (offered === undefined) return bad('Sec-WebSocket-Protocol must be a list of different names.')
  return { accept: hash('sha1', key + magic, 'base64'), offered }
}

/** The answer that makes a WebSocket of the connection. Extensions are never agreed on. RFC 6455, section 4.2.2. */
export function openingAnswer({ accept }: Opening, subprotocol: string | undefined): string {
  const agreed = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n${agreed}\r\n`
  )
}

/** An HTTP answer that refuses a request and ends the connection. */
export function refusalAnswer({ status, reason, retryAfterS, headers = [] }: Refusal): string {
  const body = `${reason}\n`
  const lines = [`HTTP/1.1 ${status}`, 'Connection: close', ...headers, 'Content-Type: text/plain; charset=utf-8']
  if (retryAfterS !== undefined) lines.push(`Retry-After: ${retryAfterS}`)
  return `${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function bad(reason: string): Refusal {
  return refusal('400 Bad Request', reason)
}

function refusal(status: string, reason: string, headers: readonly string[] = []): Refusal {
  return { status, reason, headers }
}

/** True where a comma-separated header holds this word, in whatever case. */
function names(header: string | undefined, word: string): boolean {
  return header?.split(',').some((each) => each.trim().toLowerCase() === word) ?? false
}

/** The names in a list; nothing where one of them is none, or comes twice. */
function tokensOf(header: string | undefined): readonly string[] | undefined {
  if (header === undefined) return []
  const tokens = header.split(',').map((each) => each.trim())
  const fine = tokens.every((token) => tokenForm.test(token)) && new Set(tokens).size === tokens.length
  return fine ? tokens : undefined
}
