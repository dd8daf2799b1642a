import { maxDepth, msgpackSubprotocol, type Wire } from '../frame/codec.ts'
import { type ClientCodec, readHubFrames } from '../frame/hub-frames.ts'
import { binary, decodeValue, encodeMsgpack, joinMsgpack } from './msgpack-message.ts'
import { scanMsgpack } from './msgpack-scan.ts'
import { isSound } from './msgpack-skip.ts'

/** v1 MessagePack at a client: bodies are values. */
export const msgpackClientCodec: ClientCodec = {
  dialect: 'msgpack',
  subprotocol: msgpackSubprotocol,
  decode,
  encode: encodeMsgpack,
  join: joinMsgpack,
}

function decode(message: Wire): ReturnType<typeof readHubFrames> {
  const bytes = binary(message)
  // What is not sound is scanned for what is wrong with it.
  if (!isSound(bytes)) scanMsgpack(bytes, 'body', maxDepth)
  return readHubFrames(decodeValue(bytes))
}
