import { clientGrammar } from '../frame/client-shapes.ts'
import {
  assertFewFrames,
  type BadFrame,
  type Codec,
  jsonSubprotocol,
  maxDepth,
  plainBytes,
  readFrames,
  type Wire,
} from '../frame/codec.ts'
import type { ClientFrame, HubFrame } from '../frame/frames.ts'
import { encodeJson, joinJson, parseJson } from './json-message.ts'
import { readQuickly } from './json-quick.ts'
import { scanMembers } from './json-scan.ts'

const encoder = new TextEncoder()
/** What the hub passes on as it was spelled. */
const wanted = ['body']

/** v1 JSON at the hub: bodies stay as the bytes that arrived. */
export const jsonHubCodec: Codec<ClientFrame, HubFrame> = {
  dialect: 'json',
  subprotocol: jsonSubprotocol,
  decode,
  encode: encodeJson,
  join: joinJson,
}

function decode(message: Wire): readonly (ClientFrame | BadFrame)[] {
  return (typeof message === 'string' ? undefined : readQuickly(message)) ?? readThoroughly(message)
}

/**
 * Reads any message, whatever is in it and however it is spelled.
 * @throws PosthouseError `malformed_frame`, `too_deep`, `frame_too_large`
 */
export function readThoroughly(message: Wire): readonly (ClientFrame | BadFrame)[] {
  const bytes = typeof message === 'string' ? encoder.encode(message) : plainBytes(message)
  const parsed = parseJson(message)
  if (Array.isArray(parsed)) assertFewFrames(parsed.length)
  const members = scanMembers(bytes, wanted, maxDepth)
  return readFrames(parsed, clientGrammar, (index) => {
    const span = members[index]?.get('body')
    return span && { format: 'json', bytes: bytes.subarray(span.start, span.end) }
  })
}
