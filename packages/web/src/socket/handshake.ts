import type { IncomingMessage } from 'node:http'
import { problem } from '../problem/problem.ts'

const keyForm = /^[+/0-9A-Za-z]{22}==$/
const tokenForm = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads a client's opening handshake (RFC 6455, section 4.2.1), and gives the subprotocols that it offers, in its order.
 * @throws Problem 400, 405, 426
 */
export function readHandshake({ headers, method, httpVersionMajor, httpVersionMinor }: IncomingMessage): string[] {
  if (method !== 'GET') throw problem(405, 'A WebSocket begins with GET', { headers: { allow: 'GET' } })
  if (httpVersionMajor !== 1 || httpVersionMinor < 1) throw problem(400, 'A WebSocket begins with HTTP/1.1')
  if (!names(headers.upgrade, 'websocket')) throw problem(400, 'The Upgrade header must say websocket')
  if (!names(headers.connection, 'upgrade')) throw problem(400, 'The Connection header must say Upgrade')
  if (headers['sec-websocket-version'] !== '13') throw upgradeRequired('This server speaks version 13 of the protocol')
  if (!keyForm.test(headers['sec-websocket-key'] ?? '')) {
    throw problem(400, 'Sec-WebSocket-Key must be 16 bytes in base64')
  }
  return offeredIn(headers['sec-websocket-protocol'])
}

/** What a plain HTTP request for a WebSocket endpoint is told. */
function upgradeRequired(detail: string): Error {
  return problem(426, detail, { headers: { upgrade: 'websocket', 'sec-websocket-version': '13' } })
}

/** True where a comma-separated header holds this word, in whatever case. */
function names(header: string | undefined, word: string): boolean {
  return header?.split(',').some((each) => each.trim().toLowerCase() === word) ?? false
}

function offeredIn(header: string | undefined): string[] {
  if (header === undefined) return []
  const offered = header.split(',').map((each) => each.trim())
  const fine = offered.every((name) => tokenForm.test(name)) && new Set(offered).size === offered.length
  if (!fine) throw problem(400, 'Sec-WebSocket-Protocol must be a list of different names')
  return offered
}
