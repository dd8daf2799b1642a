import { base64ToBytes, type MessageType, PosthouseError, reasonOf } from '@posthouse/core'
import { toJsonText } from '../json/json-text.ts'
import { maxDepth } from './codec.ts'

/** The frame, which stands around a body on the wire and counts towards the depth limit. */
const outerLevels = 1

/**
 * Checks a value against the type it is to be sent as, and makes plain data of it: `toJSON` is applied, `undefined`
 * members are left out. `json` takes JSON text, or any other value, which becomes text.
 * @throws PosthouseError `invalid_body`, `unrepresentable`, `too_deep`
 */
export function toBodyValue(type: MessageType, value: unknown): unknown {
  if (type === 'text') return textOf(value)
  if (type === 'json') return jsonText(value)
  if (type === 'bytes') return toBytes(value)
  const plain = toPlain(value, outerLevels)
  if (type === 'dict' && (typeof plain !== 'object' || plain === null || Array.isArray(plain))) {
    throw new PosthouseError('invalid_body', `a dict body must be an object, not ${described(plain)}`)
  }
  if (plain === undefined) throw new PosthouseError('invalid_body', `a ${type} body must have a value`)
  return plain
}

/** The type that a value is sent as when none is given: string text, bytes bytes, everything else dict. */
export function inferType(value: unknown): MessageType {
  if (typeof value === 'string') return 'text'
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? 'bytes' : 'dict'
}

/**
 * The value of a received body: `bytes` as a `Uint8Array` whatever the dialect, everything else as it was decoded.
 * @throws PosthouseError `invalid_body`
 */
export function fromBodyValue(type: MessageType, value: unknown): unknown {
  if (type !== 'bytes' || value instanceof Uint8Array) return value
  if (typeof value === 'string') return base64ToBytes(value)
  throw new PosthouseError('invalid_body', `a bytes body must be base64 text, not ${described(value)}`)
}

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch (cause) {
    throw new PosthouseError('invalid_body', `${described(value)} cannot be made text`, { cause })
  }
}

function jsonText(value: unknown): string {
  if (typeof value !== 'string') return toJsonText(toPlain(value, outerLevels) ?? null)
  try {
    JSON.parse(value)
  } catch (cause) {
    const message = `a json body must be valid JSON text: ${reasonOf(cause)}`
    throw new PosthouseError('invalid_body', message, { cause })
  }
  return value
}

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  throw new PosthouseError('invalid_body', `a bytes body must be a Uint8Array or ArrayBuffer, not ${described(value)}`)
}

function toPlain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object') return toPlainWord(value)
  if (value === null) return value
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (depth >= maxDepth) {
    throw new PosthouseError('too_deep', `the body has more than ${maxDepth - outerLevels} levels, or a circle`)
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), depth + 1)
  if (Array.isArray(value)) return Array.from(value, (each: unknown) => toPlain(each, depth + 1) ?? null)
  const plain: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value)) {
    const member = typeof each === 'function' ? undefined : toPlain(each, depth + 1)
    // Plain assignment to __proto__ would change the prototype and lose the member.
    if (member !== undefined)
      Object.defineProperty(plain, key, { value: member, enumerable: true, writable: true, configurable: true })
  }
  return plain
}

function toPlainWord(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      throw new PosthouseError('unrepresentable', `${value} cannot be sent`)
    case 'bigint':
      return toInteger(value)
    default:
      throw new PosthouseError('unrepresentable', `${described(value)} cannot be sent`)
  }
}

/** A number where it holds all digits; beyond that a `bigint`, of at most 64 bits as in MessagePack. Spec: 2.5.4. */
function toInteger(value: bigint): number | bigint {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) return value
  throw new PosthouseError('unrepresentable', `${value} cannot be sent: it has more than 64 bits`)
}

function described(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
