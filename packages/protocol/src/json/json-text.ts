import { bytesToBase64, PosthouseError } from '@posthouse/core'
import { jsonDigits } from './json-digits.ts'

/**
 * A value as JSON text: bytes anywhere in it become base64, 64-bit integers keep all their digits. Spec: 2.5.
 * @throws PosthouseError `unrepresentable`
 */
export function toJsonText(value: unknown): string {
  const text = isPlain(value, plainLevels) ? JSON.stringify(value) : JSON.stringify(value, jsonMember)
  if (text === undefined) throw new PosthouseError('unrepresentable', `a ${typeof value} cannot be said in JSON`)
  return text
}

/** Deeper values are not looked at, so that looking ends. */
const plainLevels = 64

/** True for what `JSON.stringify` writes right without being watched, which takes it a fraction of the time. */
function isPlain(value: unknown, levels: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || levels === 0 || 'toJSON' in value) return false
  if (Array.isArray(value)) return value.every((each) => isPlain(each, levels - 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const each of Object.values(value)) if (!isPlain(each, levels - 1)) return false
  return true
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
