import { base64ToBytes } from './base64.ts'
import { isMessageType, type MessageType } from './envelope.ts'
import { PosthouseError } from './errors.ts'
import { Message, parseText } from './message.ts'

/**
 * Reads what `toJSON` made, as a value or as JSON text.
 * @throws PosthouseError `malformed_frame`, and `invalid_body` for bytes that are not base64
 */
export function readMessage(source: unknown): Message {
  const data: unknown = typeof source === 'string' ? parseText(source, 'malformed_frame') : source
  if (!isRecord(data)) throw new PosthouseError('malformed_frame', 'a message is a JSON object')
  const type = text(data, 'type')
  if (!isMessageType(type)) throw new PosthouseError('malformed_frame', `${JSON.stringify(type)} is no message type`)
  return new Message({
    id: text(data, 'id'),
    from: text(data, 'from'),
    to: text(data, 'to'),
    type,
    body: body(data, type),
    ts: number(data, 'ts'),
    headers: headers(data.headers),
    replyTo: data.replyTo === undefined ? undefined : text(data, 'replyTo'),
    attempt: data.attempt === undefined ? undefined : number(data, 'attempt'),
  })
}

function body(data: Record<string, unknown>, type: MessageType): unknown {
  if (type === 'bytes') return base64ToBytes(text(data, 'body'))
  if (type === 'text' || type === 'json') return text(data, 'body')
  if (data.body === undefined) throw new PosthouseError('malformed_frame', 'message.body is missing')
  return data.body
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(data: Record<string, unknown>, key: string): string {
  const value = data[key]
  if (typeof value === 'string') return value
  throw new PosthouseError('malformed_frame', `message.${key} must be a string`)
}

function number(data: Record<string, unknown>, key: string): number {
  const value = data[key]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new PosthouseError('malformed_frame', `message.${key} must be a number`)
}

function headers(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (isRecord(value) && Object.values(value).every((each) => typeof each === 'string')) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]))
  }
  throw new PosthouseError('malformed_frame', 'message.headers must map names to strings')
}
