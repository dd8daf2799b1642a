const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

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

/**
 * A new message id: a UUID of version 7 (RFC 9562, section 5.7). Ids sort by the millisecond that they were made in. Who
 * has seen one can guess others of the same millisecond.
 */
export function createId(now: number = Date.now()): string {
  const ms = Math.trunc(now)
  if (ms !== headAt || count === 0x10000) {
    headAt = ms
    head = newHead(ms)
    count = 0
  }
  const id = head + hexDigits[count >> 8] + hexDigits[count & 0xff]
  count++
  return id
}

/** Of the variant's two free bits no use is made. */
function newHead(ms: number): string {
  const random = randomHex(7)
  const digits = `${ms.toString(16).padStart(12, '0')}7${random.slice(0, 3)}8${random.slice(3)}`
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
