import { type BadFrame, type Codec, maxDepth, msgpackSubprotocol, type Wire } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { readHubFrames } from '../frame/hub-frames.ts'
import { binary, decodeValue, encodeMsgpack, joinMsgpack } from './msgpack-message.ts'
import { scanMsgpack } from './msgpack-scan.ts'
import { isSound } from './msgpack-skip.ts'

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
  // What is not sound is scanned for what is wrong with it.
  if (!isSound(bytes)) scanMsgpack(bytes, 'body', maxDepth)
  return readHubFrames(decodeValue(bytes))
}
