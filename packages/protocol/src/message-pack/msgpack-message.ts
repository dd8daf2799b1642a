import { Encoder } from '@msgpack/msgpack'
import { PosthouseError } from '@posthouse/core'
import { plainBytes, type Wire } from '../frame/codec.ts'
import type { Frame, FrameBody } from '../frame/frames.ts'
import { exactDecoder } from './msgpack-decoder.ts'
import { toMsgpackValue } from './msgpack-value.ts'
import { MsgpackWriter } from './msgpack-writer.ts'

// One of each for all: what they cost is their construction, with a buffer of 2 KiB.
const encoder = new Encoder({ ignoreUndefined: true })
/** For values with integers that no number holds: it writes numbers of more than 32 bits as floats, so it comes second. */
const integerEncoder = new Encoder({ ignoreUndefined: true, useBigInt64: true })
const decoder = exactDecoder()
const writer = new MsgpackWriter()
const bodyKey = encoder.encode('body')

/**
 * The bytes of a WebSocket message.
 * @throws PosthouseError `malformed_frame`
 */
export function binary(message: Wire): Uint8Array {
  if (typeof message !== 'string') return plainBytes(message)
  throw new PosthouseError('malformed_frame', 'a MessagePack connection carries binary messages, not text')
}

/**
 * The value that bytes stand for.
 * @throws PosthouseError `malformed_frame`
 */
export function decodeValue(bytes: Uint8Array): unknown {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new PosthouseError('malformed_frame', 'the message is not valid MessagePack', { cause })
  }
}

/**
 * One frame as MessagePack.
 * @throws PosthouseError `unrepresentable`
 */
export function encodeMsgpack(frame: Frame): Uint8Array {
  return writeQuickly(frame) ?? encodeThoroughly(frame)
}

/** Writes a frame that has, besides its body, only text and whole numbers; nothing comes of others. */
function writeQuickly(frame: Frame): Uint8Array | undefined {
  // The members are looked at one by one, whatever they are.
  const fields = frame as unknown as Readonly<Record<string, unknown>>
  writer.begin()
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined || name === 'body') continue
    const written =
      writer.name(name) &&
      (typeof value === 'string' ? writer.text(value) : typeof value === 'number' && writer.whole(value))
    if (!written) return undefined
  }
  return 'body' in frame && frame.body !== undefined ? withBody(frame.body) : writer.finish()
}

/** Valid until the next value is encoded. */
function encodeValue(value: unknown): Uint8Array {
  try {
    return encoder.encodeSharedRef(value)
  } catch {
    return integerEncoder.encodeSharedRef(value)
  }
}

function withBody(body: FrameBody): Uint8Array | undefined {
  if (!writer.name('body')) return undefined
  if (body.format === 'msgpack') return writer.finish(body.bytes)
  if (body.format !== 'value' || body.value === undefined) return undefined
  if (typeof body.value === 'string') return writer.text(body.value) ? writer.finish() : undefined
  return writer.finish(encodeValue(toMsgpackValue(body.value)))
}

/**
 * Writes any frame.
 * @throws PosthouseError `unrepresentable`
 */
export function encodeThoroughly(frame: Frame): Uint8Array {
  if (!('body' in frame) || frame.body === undefined) return encoder.encode(frame)
  const { body, ...fields } = frame
  const rest = { ...fields, ...applicationFields(frame) }
  if (body.format === 'value') return encodeValue({ ...rest, body: toMsgpackValue(body.value) }).slice()
  if (body.format !== 'msgpack')
    throw new PosthouseError('internal', `a ${body.format} body reached the MessagePack codec`)
  return spliced(encoder.encodeSharedRef(rest), body.bytes)
}

/** The fields whose content is the application's own, in a form that every reader takes. */
function applicationFields(frame: Frame): { readonly headers?: unknown; readonly sec?: unknown } {
  if (!('type' in frame)) return {}
  const { headers, sec } = frame
  return {
    ...(headers !== undefined && { headers: toMsgpackValue(headers) }),
    ...(sec !== undefined && { sec: toMsgpackValue(sec) }),
  }
}

/** Adds the member `body` to an encoded map of at most 14 members, without decoding the body. */
function spliced(head: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + bodyKey.length + body.length)
  whole.set(head)
  whole[0] = (head[0] ?? 0) + 1
  whole.set(bodyKey, head.length)
  whole.set(body, head.length + bodyKey.length)
  return whole
}

/** Encoded frames as one WebSocket message. */
export function joinMsgpack(frames: readonly Wire[]): Uint8Array {
  const parts = frames.map((frame) => {
    if (typeof frame === 'string') throw new PosthouseError('internal', 'a text frame reached the MessagePack codec')
    return frame
  })
  if (parts.length === 1 && parts[0] !== undefined) return parts[0]
  const head = parts.length < 16 ? [0x90 | parts.length] : [0xdc, parts.length >> 8, parts.length & 0xff]
  const whole = new Uint8Array(head.length + parts.reduce((sum, part) => sum + part.length, 0))
  whole.set(head)
  let at = head.length
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
