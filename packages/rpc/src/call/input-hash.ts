/**
 * Tells inputs of one caller apart. The order of keys does not matter: a program that sends a call again over another way may
 * write it otherwise. No secret hangs on it, so that it need not be one that nobody can find a second input for.
 */
export function inputHash(procedure: string, data: unknown): string {
  const digest = new Digest()
  digest.text(procedure)
  addValue(digest, data)
  return digest.end()
}

/** What a value is, so that those that are written alike are not taken for each other. */
const kinds = { text: 1, number: 2, list: 3, record: 4, bytes: 5, word: 6 }

function addValue(digest: Digest, value: unknown): void {
  if (typeof value === 'string') {
    digest.add(kinds.text)
    digest.text(value)
  } else if (typeof value === 'number') {
    digest.add(kinds.number)
    digest.text(String(value))
  } else if (typeof value !== 'object' || value === null) {
    digest.add(kinds.word)
    digest.text(String(value ?? null))
  } else if (Array.isArray(value)) {
    digest.add(kinds.list)
    digest.add(value.length)
    for (const each of value) addValue(digest, each)
  } else if (ArrayBuffer.isView(value)) addBytes(digest, value)
  else addRecord(digest, value)
}

function addRecord(digest: Digest, value: object): void {
  const keys = Object.keys(value)
  if (keys.length > 1) keys.sort()
  digest.add(kinds.record)
  digest.add(keys.length)
  for (const key of keys) {
    digest.text(key)
    addValue(digest, Reflect.get(value, key))
  }
}

function addBytes(digest: Digest, { buffer, byteOffset, byteLength }: ArrayBufferView): void {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  digest.add(kinds.bytes)
  digest.add(byteLength)
  for (let at = 0; at < byteLength; at++) digest.add(bytes[at] ?? 0)
}

/** 64 bits out of numbers: two lanes, which a step cannot lead together again that differs in one of them. */
class Digest {
  #one = 0x2545f491
  #other = 0x6c8e9cf5

  add(unit: number): void {
    const [one, other] = [this.#one, this.#other]
    this.#one = Math.imul(((one << 5) | (one >>> 27)) ^ unit, 0x9e3779b1)
    this.#other = Math.imul(((other << 9) | (other >>> 23)) ^ unit, 0x85ebca77)
  }

  text(text: string): void {
    this.add(text.length)
    for (let at = 0; at < text.length; at++) this.add(text.charCodeAt(at))
  }

  end(): string {
    return spread(this.#one ^ (this.#other >>> 16)) + spread(this.#other ^ (this.#one >>> 16))
  }
}

/** A lane as text. Each of its bits has its say in all of it. */
function spread(lane: number): string {
  const once = Math.imul(lane ^ (lane >>> 15), 0x735a2d97)
  const mixed = once ^ (once >>> 16)
  return String.fromCharCode(
    digit(mixed),
    digit(mixed >>> 6),
    digit(mixed >>> 12),
    digit(mixed >>> 18),
    digit(mixed >>> 24),
    digit(mixed >>> 30),
  )
}

/** The code of a character that no JSON has to write otherwise. */
function digit(bits: number): number {
  const six = bits & 63
  return six < 44 ? six + 48 : six + 49
}
