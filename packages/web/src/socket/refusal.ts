import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProblemResponse } from '../problem/problem-response.ts'

/** Answers a request for a WebSocket with an HTTP response, and ends the connection. */
export function refuse(stream: Duplex, { status, headers, body }: ProblemResponse): void {
  if (stream.destroyed || !stream.writable) {
    stream.destroy()
    return
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nconnection: close\r\n${lines.join('')}`
  // A peer that keeps its side open would otherwise hold the server open when it closes.
  stream.once('finish', () => stream.destroy())
  stream.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}
