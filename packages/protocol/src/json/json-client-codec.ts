import { jsonSubprotocol } from '../frame/codec.ts'
import type { ClientFrame } from '../frame/frames.ts'
import { type ClientCodec, readHubFrames } from '../frame/hub-frames.ts'
import { joinJson, parseJson } from './json-message.ts'

/** v1 JSON at a client: bodies are values, and those that are written words of JSON, as `toBodyValue` makes them. */
export const jsonClientCodec: ClientCodec = {
  dialect: 'json',
  subprotocol: jsonSubprotocol,
  decode: (message) => readHubFrames(parseJson(message)),
  encode,
  join: joinJson,
}

function encode(frame: ClientFrame): string {
  return JSON.stringify(
    'body' in frame && frame.body?.format === 'value' ? { ...frame, body: frame.body.value } : frame,
  )
}
