import { PosthouseError } from '@posthouse/core'
import { maxDepth } from '../frame/codec.ts'

/**
 * A copy that MessagePack can carry to every reader: strings are well-formed Unicode (half a surrogate pair becomes
 * U+FFFD), numbers are finite,
 * nothing is nested deeper than a frame may be, no member is called `__proto__`. Spec: 2.5.
 * @throws PosthouseError `unrepresentable`
 */
export function toMsgpackValue(value: unknown, depth = 2): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new PosthouseError('unrepresentable', `${value} cannot be sent: JSON peers have no word for it`)
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (depth > maxDepth)
    throw new PosthouseError('unrepresentable', `the content is nested deeper than ${maxDepth} levels`)
  if (Array.isArray(value)) return value.map((each: unknown) => toMsgpackValue(each, depth + 1))
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') {
      throw new PosthouseError('unrepresentable', 'a member named __proto__ cannot be sent in MessagePack')
    }
    copy[name.toWellFormed()] = toMsgpackValue(member, depth + 1)
  }
  return copy
}
