import { PosthouseError } from '@posthouse/core'
import {
  assertFewFrames,
  type Codec,
  type End,
  jsonSubprotocol,
  maxDepth,
  plainBytes,
  readFrames,
  type Wire,
} from '../frame/codec.ts'
import type { ClientFrame, Frame, FrameBody, HubFrame } from '../frame/frames.ts'
import { scanMembers } from './json-scan.ts'
import { toJsonText } from './json-text.ts'

const encoder = new TextEncoder()
/** What the hub passes on as it was spelled. */
const wanted = ['body']
const decoder = new TextDecoder('utf-8', { fatal: true })

/** v1 JSON at the hub: bodies stay as the bytes that arrived. */
export const jsonHubCodec: Codec<ClientFrame, HubFrame> = jsonCodec('hub')

/** v1 JSON at a client: bodies are values. */
export const jsonClientCodec: Codec<HubFrame, ClientFrame> = jsonCodec('client')

function jsonCodec<In extends Frame, Out extends Frame>(end: End): Codec<In, Out> {
  return {
    dialect: 'json',
    subprotocol: jsonSubprotocol,
    decode: (message) => (end === 'hub' ? decodeAtHub<In>(message) : decodeAtClient<In>(message)),
    encode: encodeJson,
    join: (frames) => (frames.length === 1 && frames[0] !== undefined ? frames[0] : `[${frames.join(',')}]`),
  }
}

function decodeAtHub<In extends Frame>(message: Wire): ReturnType<Codec<In, Frame>['decode']> {
  const bytes = typeof message === 'string' ? encoder.encode(message) : plainBytes(message)
  const parsed = parse(message)
  if (Array.isArray(parsed)) assertFewFrames(parsed.length)
  const members = scanMembers(bytes, wanted, maxDepth)
  return readFrames<In>(parsed, 'hub', (index) => {
    const span = members[index]?.get('body')
    return span && { format: 'json', bytes: bytes.subarray(span.start, span.end) }
  })
}

function decodeAtClient<In extends Frame>(message: Wire): ReturnType<Codec<In, Frame>['decode']> {
  return readFrames<In>(parse(message), 'client', (_, value) => ({ format: 'value', value }))
}

function parse(message: Wire): unknown {
  try {
    return JSON.parse(typeof message === 'string' ? message : decoder.decode(message))
  } catch (cause) {
    throw new PosthouseError('malformed_frame', 'the message is not valid JSON', { cause })
  }
}

function encodeJson(frame: Frame): string {
  if (!('body' in frame) || frame.body === undefined) return JSON.stringify(frame)
  const { body, ...rest } = frame
  // Applications may put anything into sec; for frames without it the faster way does.
  const head = 'sec' in rest ? toJsonText(rest) : JSON.stringify(rest)
  return `${head.slice(0, -1)},"body":${bodyText(body)}}`
}

function bodyText(body: FrameBody): string {
  if (body.format === 'json') return decoder.decode(body.bytes)
  if (body.format !== 'value') throw new PosthouseError('internal', `a ${body.format} body reached the JSON codec`)
  return toJsonText(body.value)
}
