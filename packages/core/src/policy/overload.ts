import { isPosthouseError } from '../errors.ts'
import type { Outcome } from './outcome.ts'

/** The statuses by which servers say that it is too much: 429 (RFC 6585, 4) and 503 (RFC 9110, 15.6.4). */
const statuses: readonly unknown[] = [429, 503]

/** True where a result has such a status, or an error is `rate_limited`. */
export function isOverload(outcome: Outcome): boolean {
  if ('error' in outcome) return isPosthouseError(outcome.error) && outcome.error.code === 'rate_limited'
  const { result } = outcome
  if (typeof result !== 'object' || result === null) return false
  return ['status', 'statusCode'].some((name) => statuses.includes(Reflect.get(result, name)))
}
