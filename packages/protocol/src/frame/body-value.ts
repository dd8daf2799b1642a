import { base64ToBytes, bytesToBase64, type MessageType, PosthouseError, parseText } from '@posthouse/core'
import { jsonDigits } from '../json/json-digits.ts'
import { bytesOf, maxDepth } from './codec.ts'
import { isObject } from './frame-shape.ts'
import type { Dialect } from './frames.ts'
import { outerLevels } from './plain-value.ts'

/** `exact`: bytes and 64-bit integers stay what they are. `json`: they become what says them in JSON. Spec: 2.5. */
export type BodyForm = 'exact' | 'json'

/** The form of the bodies that a client of this dialect hands to its codec. */
export function formOf(dialect: Dialect): BodyForm {
  return dialect === 'json' ? 'json' : 'exact'
}

/**
 * Checks a value against the type it is to be sent as, and makes plain data of it: `toJSON` is applied, `undefined`
 * members are left out. `json` takes JSON text, or any other value, which becomes text.
 * @throws PosthouseError `invalid_body`, `unrepresentable`, `too_deep`
 */
export function toBodyValue(type: MessageType, value: unknown, form: BodyForm = 'exact'): unknown {
  if (type === 'text') return textOf(value)
  if (type === 'json') return jsonText(value)
  const plain = toPlain(type === 'bytes' ? toBytes(value) : value, form, outerLevels)
  if (type === 'dict' && !isObject(plain)) {
    const problem = `a dict body must be an object, not ${described(plain)}`
    throw new PosthouseError('invalid_body', `${problem}; give others a type`)
  }
  if (plain === undefined) throw new PosthouseError('invalid_body', `a ${type} body needs a value`)
  return plain
}

/** The type that a value is sent as when none is given: string text, bytes bytes, everything else dict. */
export function inferType(value: unknown): MessageType {
  if (typeof value === 'string') return 'text'
  return isBytes(value) ? 'bytes' : 'dict'
}

/**
 * The value of a received body: `bytes` as a `Uint8Array` whatever the dialect, everything else as it was decoded.
 * @throws PosthouseError `invalid_body`
 */
export function fromBodyValue(type: MessageType, value: unknown): unknown {
  if (type !== 'bytes' || value instanceof Uint8Array) return value
  return base64ToBytes(typeof value === 'string' ? value : `not text but ${described(value)}`)
}

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch (cause) {
    throw new PosthouseError('invalid_body', `${described(value)} cannot be text`, { cause })
  }
}

function jsonText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(toPlain(value, 'json', outerLevels) ?? null)
  parseText(value, 'invalid_body')
  return value
}

function toBytes(value: unknown): Uint8Array {
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytes
  throw new PosthouseError('invalid_body', `a bytes body must be bytes, not ${described(value)}`)
}

function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return value instanceof Uint8Array || value instanceof ArrayBuffer
}

function toPlain(value: unknown, form: BodyForm, depth: number): unknown {
  if (typeof value !== 'object') return toPlainWord(value, form)
  if (value === null) return value
  if (isBytes(value)) return form === 'json' ? bytesToBase64(toBytes(value)) : toBytes(value)
  if (depth >= maxDepth) {
    throw new PosthouseError('too_deep', `the body has more than ${maxDepth - outerLevels} levels`)
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), form, depth + 1)
  if (Array.isArray(value)) return Array.from(value, (each: unknown) => toPlain(each, form, depth + 1) ?? null)
  const members: [string, unknown][] = []
  for (const [key, each] of Object.entries(value)) {
    const member = typeof each === 'function' ? undefined : toPlain(each, form, depth + 1)
    if (member !== undefined) members.push([key, member])
  }
  // Plain assignment to __proto__ would change the prototype and lose the member.
  return Object.fromEntries(members)
}

function toPlainWord(value: unknown, form: BodyForm): unknown {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'bigint') return toInteger(value, form)
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean') return value
  const what = typeof value === 'number' ? value : described(value)
  throw new PosthouseError('unrepresentable', `${what} cannot be sent`)
}

/** A number where it holds all digits; beyond that a `bigint`, of at most 64 bits as in MessagePack. Spec: 2.5.4. */
function toInteger(value: bigint, form: BodyForm): unknown {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) {
    throw new PosthouseError('unrepresentable', `${value} has more than 64 bits`)
  }
  return form === 'json' ? jsonDigits(value) : value
}

function described(value: unknown): string {
  if (isBytes(value)) return 'bytes'
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
}
