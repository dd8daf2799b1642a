/** A close reason has at most 123 bytes of UTF-8 (RFC 6455, section 5.5). */
const maxReasonBytes = 123

/** A reason that fits into a close frame: what is too long is cut between two characters. */
export function closeReason(reason: string): string {
  if (Buffer.byteLength(reason) <= maxReasonBytes) return reason
  const cut = Buffer.from(reason).subarray(0, maxReasonBytes - 3)
  return `${cut.toString().replace(/\uFFFD+$/, '')}…`
}
