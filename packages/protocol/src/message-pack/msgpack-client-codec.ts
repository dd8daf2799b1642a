import { type BadFrame, type Codec, maxDepth, msgpackSubprotocol, readFrames, type Wire } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { hubShapes } from '../frame/hub-shapes.ts'
import { binary, decodeValue, encodeMsgpack, joinMsgpack } from './msgpack-message.ts'
import { scanMsgpack } from './msgpack-scan.ts'

/** v1 MessagePack at a client: bodies are values. */
export const msgpackClientCodec: Codec<HubFrame, ClientFrame> = {
  dialect: 'msgpack',
  subprotocol: msgpackSubprotocol,
  decode,
  encode: encodeMsgpack,
  join: joinMsgpack,
}

function decode(message: Wire): readonly (HubFrame | BadFrame)[] {
  const bytes = binary(message)
  scanMsgpack(bytes, 'body', maxDepth)
  return readFrames(decodeValue(bytes), hubShapes, (_, value) => ({ format: 'value', value }))
}
