import { bytesToBase64, PosthouseError } from '@posthouse/core'
import { isPlain } from '../frame/plain-value.ts'
import { jsonDigits } from './json-digits.ts'

/**
 * A value as JSON text: bytes anywhere in it become base64, 64-bit integers keep all their digits. Spec: 2.5.
 * @throws PosthouseError `unrepresentable`
 */
export function toJsonText(value: unknown): string {
  const text = isPlain(value) ? JSON.stringify(value) : JSON.stringify(value, jsonMember)
  if (text === undefined) throw new PosthouseError('unrepresentable', `a ${typeof value} cannot be said in JSON`)
  return text
}

/** A replacer that looks at the member itself: a Buffer's `toJSON` has already spoiled what it is handed. */
function jsonMember(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const member = this[key]
  if (member instanceof Uint8Array) return bytesToBase64(member)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new PosthouseError('unrepresentable', `${value} cannot be said in JSON`)
  }
  return typeof value === 'bigint' ? jsonDigits(value) : value
}
