import { PosthouseError } from '@posthouse/core'

/** A `bigint` as the digits that JSON.stringify writes unquoted (ECMAScript 2026 `JSON.rawJSON`). */
export function jsonDigits(value: bigint): unknown {
  const { rawJSON }: { readonly rawJSON?: (text: string) => unknown; readonly parse: unknown } = JSON
  if (rawJSON) return rawJSON(String(value))
  throw new PosthouseError('unrepresentable', `${value} cannot be sent without JSON.rawJSON`)
}
