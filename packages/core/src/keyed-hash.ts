/** What the state begins with besides the key, and what is told apart by at the end. */
const [third, fourth, end] = [0x6c796765, 0x74656462, 0xff]
/** Rounds after the last word. */
const lastRounds = 3

/**
 * A hash of a number and a text under a secret key, with the rounds of HalfSipHash-1-3: whoever does not know the key cannot find
 * texts that have one hash, and make a table slow with them.
 */
export class KeyedHash {
  readonly #key: Uint32Array

  /** @param key 64 secret bits */
  constructor(key: Uint32Array = crypto.getRandomValues(new Uint32Array(2))) {
    this.#key = key
  }

  /** 32 bits, as a signed number. */
  of(number: number, text: string): number {
    const [one = 0, other = 0] = this.#key
    let a = one | 0
    let b = other | 0
    let c = one ^ third
    let d = other ^ fourth
    // First the number, then two units at a time, last what is left and the length.
    const last = text.length & ~1
    for (let at = -2; at <= last + 2 * lastRounds; at += 2) {
      const word = at < 0 ? number : at <= last ? wordAt(text, at) : 0
      if (at === last + 2) c ^= end
      d ^= word
      a = (a + b) | 0
      b = ((b << 5) | (b >>> 27)) ^ a
      a = (a << 16) | (a >>> 16)
      c = (c + d) | 0
      d = ((d << 8) | (d >>> 24)) ^ c
      a = (a + d) | 0
      d = ((d << 7) | (d >>> 25)) ^ a
      c = (c + b) | 0
      b = ((b << 13) | (b >>> 19)) ^ c
      c = (c << 16) | (c >>> 16)
      a ^= word
    }
    return b ^ d
  }
}

function wordAt(text: string, at: number): number {
  const { length } = text
  const low = at < length ? text.charCodeAt(at) : 0
  const high = at + 1 < length ? text.charCodeAt(at + 1) : length
  return low | (high << 16)
}
