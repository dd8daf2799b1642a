import { type Codec, jsonSubprotocol } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { readHubFrames } from '../frame/hub-frames.ts'
import { joinJson, parseJson } from './json-message.ts'
import { toJsonText } from './json-text.ts'

/** v1 JSON at a client: bodies are values. */
export const jsonClientCodec: Codec<HubFrame, ClientFrame> = {
  dialect: 'json',
  subprotocol: jsonSubprotocol,
  decode: (message) => readHubFrames(parseJson(message)),
  encode,
  join: joinJson,
}

/** The frame that clients write most is named field by field: to copy all but one costs more than the text itself. */
function encode(frame: ClientFrame): string {
  const carried = 'body' in frame ? frame.body : undefined
  if (carried?.format !== 'value') return toJsonText(frame)
  if (frame.op !== 'send' || frame.sec !== undefined) return toJsonText({ ...frame, body: carried.value })
  const { op, id, to, type, qos, n, ttlMs, headers, replyTo } = frame
  const { value } = carried
  if (typeof value === 'string') {
    return JSON.stringify({ op, id, to, type, qos, n, ttlMs, headers, replyTo, body: value })
  }
  const head = JSON.stringify({ op, id, to, type, qos, n, ttlMs, headers, replyTo })
  return `${head.slice(0, -1)},"body":${toJsonText(value)}}`
}
