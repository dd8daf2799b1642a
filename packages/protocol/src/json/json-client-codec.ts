import { type Codec, jsonSubprotocol, readFrames } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { hubShapes } from '../frame/hub-shapes.ts'
import { encodeJson, joinJson, parseJson } from './json-message.ts'
import { toJsonText } from './json-text.ts'

/** v1 JSON at a client: bodies are values. */
export const jsonClientCodec: Codec<HubFrame, ClientFrame> = {
  dialect: 'json',
  subprotocol: jsonSubprotocol,
  decode: (message) => readFrames(parseJson(message), hubShapes, (_, value) => ({ format: 'value', value })),
  encode,
  join: joinJson,
}

/** The frame that clients write most is named field by field: to copy all but one costs more than the text itself. */
function encode(frame: ClientFrame): string {
  if (frame.op !== 'send' || frame.sec !== undefined || frame.body.format !== 'value') return encodeJson(frame)
  const { op, id, to, type, qos, n, ttlMs, headers, replyTo } = frame
  const { value } = frame.body
  if (typeof value === 'string') {
    return JSON.stringify({ op, id, to, type, qos, n, ttlMs, headers, replyTo, body: value })
  }
  const head = JSON.stringify({ op, id, to, type, qos, n, ttlMs, headers, replyTo })
  return `${head.slice(0, -1)},"body":${toJsonText(value)}}`
}
