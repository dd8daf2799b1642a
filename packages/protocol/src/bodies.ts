import { encode } from '@msgpack/msgpack'
import { type Body, base64ToBytes, type Envelope, PosthouseError } from '@posthouse/core'
import { crossCommBodyText } from './cross-comm/cross-comm-body.ts'
import { plainBytes } from './frame/codec.ts'
import { toJsonText } from './json/json-text.ts'
import { exactDecoder } from './message-pack/msgpack-decoder.ts'
import { toMsgpackValue } from './message-pack/msgpack-value.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const values = exactDecoder()
const exactValues = exactDecoder({ useBigInt64: true, mapKeyConverter: keyText })
const longInteger = /\d{10}/
/** No 64-bit integer has more digits; to read longer ones takes more than their share of time. */
const shortInteger = /^-?\d{1,20}$/

/** What the conversion of a body looks at. */
export type Convertible = Pick<Envelope, 'type' | 'body'>

/**
 * The body in the form of a dialect, converted where it arrived in another one. Numbers keep their value: integers up
 * to 64 bits exactly, others as 64-bit floats; `bytes` are base64 in JSON and `bin` in MessagePack. Spec: 2.5.
 * @throws PosthouseError `unrepresentable`, `invalid_body`
 */
export function convertBody(envelope: Convertible, format: 'json' | 'msgpack'): Body {
  const { body } = envelope
  if (body.format === format) return body
  if (format === 'json') return { format, bytes: encoder.encode(bodyJson(envelope)) }
  return { format, bytes: encode(msgpackValue(envelope), { useBigInt64: true }) }
}

/**
 * The body as JSON text.
 * @throws PosthouseError `unrepresentable`, `invalid_body`
 */
export function bodyJson(envelope: Convertible): string {
  const { format, bytes } = envelope.body
  if (format === 'json') return decoder.decode(bytes)
  if (format === 'cross_comm') return crossCommBodyText(envelope.type, bytes)
  return toJsonText(exactValues.decode(plainBytes(bytes)))
}

/**
 * The body as a JavaScript value; `bytes` as base64 text or a `Uint8Array`.
 * @throws PosthouseError `unrepresentable`, `invalid_body`
 */
export function bodyToValue(envelope: Convertible): unknown {
  const { format, bytes } = envelope.body
  return format === 'msgpack' ? values.decode(plainBytes(bytes)) : JSON.parse(bodyJson(envelope))
}

/** A checked value (see `toBodyValue`) as a body in JSON form. */
export function encodeBody(value: unknown): Body {
  return { format: 'json', bytes: encoder.encode(toJsonText(value)) }
}

function msgpackValue(envelope: Convertible): unknown {
  const value = toMsgpackValue(parseExactly(bodyJson(envelope)))
  if (envelope.type !== 'bytes') return value
  if (typeof value !== 'string') throw new PosthouseError('invalid_body', 'a bytes body must be base64 text')
  return base64ToBytes(value)
}

/** Parses JSON, with integers that take more than 32 bits and at most 64 as `bigint`: the encoder makes others floats. */
function parseExactly(text: string): unknown {
  if (!longInteger.test(text)) return JSON.parse(text)
  const revive: SourceReviver = (_, value, context) => {
    const source = context?.source
    if (typeof value !== 'number' || source === undefined) return value
    if (value >= -0x80000000 && value <= 0xffffffff) return value
    if (!shortInteger.test(source)) return value
    const exact = BigInt(source)
    return BigInt.asIntN(64, exact) === exact || BigInt.asUintN(64, exact) === exact ? exact : value
  }
  return JSON.parse(text, revive)
}

/** `JSON.parse` hands a third argument to its reviver (ECMAScript 2026), which the type library does not know yet. */
type SourceReviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

/** Member names are text in JSON: an integer that serves as one is spelled in decimal digits. */
function keyText(key: unknown): string {
  if (typeof key === 'string') return key
  if (typeof key === 'number' || typeof key === 'bigint') return String(key)
  throw new PosthouseError('unrepresentable', `a ${typeof key} cannot be the name of a member`)
}
