import { PosthouseError } from '@posthouse/core'
import { assertWireStatus } from '@posthouse/core/status'

/**
 * Statuses below 200 come before an answer and are none (RFC 9110, section 15.2).
 * @throws PosthouseError `invalid_status`
 */
export function assertFinalStatus(status: number): void {
  assertWireStatus(status)
  if (status >= 200) return
  throw new PosthouseError('invalid_status', `${status} is no status of a response; those are 200 to 599`)
}
