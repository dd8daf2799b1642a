const hexDigits = Array.from({ length: 256 }, (_, byte) => (byte + 256).toString(16).slice(1))

/** `bytes` random bytes as lower-case hexadecimal digits, from the platform's cryptographic source. */
export function randomHex(bytes: number): string {
  let text = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) text += hexDigits[byte]
  return text
}

/** What the ids of one millisecond begin with, but for the time all of it random. */
let head = ''
let headAt = -1
/** The last 16 bits, counted on, so that a new id costs no more than two look-ups. */
let count = 0
/** Drawn ahead: to ask for random bytes takes longer than everything else. */
let random = ''

/**
 * A new message id: a UUID of version 7 (RFC 9562, section 5.7). Ids sort by the millisecond that they were made in. Who
 * has seen one can guess others of the same millisecond.
 */
export function createId(now: number = Date.now()): string {
  const ms = Math.trunc(now)
  if (ms !== headAt || count > 0xffff) begin(ms)
  return head + hexDigits[count >> 8] + hexDigits[count++ & 0xff]
}

/** Of the variant's two free bits no use is made. */
function begin(ms: number): void {
  random ||= randomHex(14 * 32)
  const time = (ms + 2 ** 48).toString(16).slice(1)
  head = `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 14)}`
  random = random.slice(14)
  headAt = ms
  count = 0
}
