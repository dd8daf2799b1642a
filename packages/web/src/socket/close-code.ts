import { PosthouseError } from '@posthouse/core'

/** A close reason has at most 123 bytes of UTF-8 (RFC 6455, section 5.5). */
const maxReasonBytes = 123

/** True for codes that a close frame may carry: those of RFC 6455, section 7.4, and of IANA's registry. */
function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)
}

/** @throws PosthouseError `invalid_close_code` */
export function assertCloseCode(code: number): void {
  if (isCloseCode(code)) return
  const choice = '1000 ends a conversation in good order, 4000 to 4999 are free for codes of your own'
  throw new PosthouseError('invalid_close_code', `${code} cannot be sent as a close code: ${choice}`)
}

/** A reason that fits into a close frame: what is too long is cut between two characters. */
export function closeReason(reason: string): string {
  if (Buffer.byteLength(reason) <= maxReasonBytes) return reason
  const cut = Buffer.from(reason).subarray(0, maxReasonBytes - 3)
  return `${cut.toString().replace(/\uFFFD+$/, '')}…`
}
