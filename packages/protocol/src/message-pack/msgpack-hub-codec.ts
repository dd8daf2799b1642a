import { clientGrammar } from '../frame/client-shapes.ts'
import { type BadFrame, type Codec, maxDepth, msgpackSubprotocol, readFrames, type Wire } from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { binary, decodeValue, encodeMsgpack, joinMsgpack } from './msgpack-message.ts'
import { readQuickly } from './msgpack-quick.ts'
import { scanMsgpack } from './msgpack-scan.ts'

/** v1 MessagePack at the hub: bodies stay as the bytes that arrived. */
export const msgpackHubCodec: Codec<ClientFrame, HubFrame> = {
  dialect: 'msgpack',
  subprotocol: msgpackSubprotocol,
  decode,
  encode: encodeMsgpack,
  join: joinMsgpack,
}

function decode(message: Wire): readonly (ClientFrame | BadFrame)[] {
  return (typeof message === 'string' ? undefined : readQuickly(message)) ?? readThoroughly(message)
}

/**
 * Reads any message, whatever is in it.
 * @throws PosthouseError `malformed_frame`, `too_deep`, `frame_too_large`
 */
export function readThoroughly(message: Wire): readonly (ClientFrame | BadFrame)[] {
  const bytes = binary(message)
  const spans = scanMsgpack(bytes, 'body', maxDepth)
  return readFrames(decodeValue(bytes), clientGrammar, (index) => {
    const span = spans[index]
    return span && { format: 'msgpack', bytes: bytes.subarray(span.start, span.end) }
  })
}
