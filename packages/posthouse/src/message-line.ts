import { bytesToBase64, type Message } from '@posthouse/core'
import { type Terminal, visible } from './terminal.ts'

/** What a line shows of a message. */
interface Shown extends Pick<Message, 'from' | 'body'> {
  readonly type: string
}

/** A message in one line: who sent it, its type, and its body. */
export function messageLine(terminal: Terminal, message: Shown): string {
  const from = terminal.style('cyan', visible(message.from))
  return `${from} ${terminal.style('gray', visible(message.type))} ${visible(bodyText(message.body))}`
}

/** A body as people read it. */
export function bodyText(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return `${bytesToBase64(body)} (${body.length} bytes)`
  return jsonText(body)
}

/** JSON on one line: `null` for nothing, base64 for bytes. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value ?? null, (_, each: unknown) => (each instanceof Uint8Array ? bytesToBase64(each) : each))
}
