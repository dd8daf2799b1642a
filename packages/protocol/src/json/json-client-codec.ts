import { type Codec, jsonSubprotocol, readFrames } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { hubShapes } from '../frame/hub-shapes.ts'
import { encodeJson, joinJson, parseJson } from './json-message.ts'

/** v1 JSON at a client: bodies are values. */
export const jsonClientCodec: Codec<HubFrame, ClientFrame> = {
  dialect: 'json',
  subprotocol: jsonSubprotocol,
  decode: (message) => readFrames(parseJson(message), hubShapes, (_, value) => ({ format: 'value', value })),
  encode: encodeJson,
  join: joinJson,
}
