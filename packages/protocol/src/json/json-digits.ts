import { PosthouseError } from '@posthouse/core'

/** A `bigint` as the digits that JSON.stringify writes unquoted (ECMAScript 2026 `JSON.rawJSON`). */
export function jsonDigits(value: bigint): unknown {
  const rawJson: unknown = Reflect.get(JSON, 'rawJSON')
  if (typeof rawJson === 'function') return Reflect.apply(rawJson, JSON, [value.toString()])
  throw new PosthouseError('unrepresentable', `${value} cannot be sent without JSON.rawJSON`)
}
