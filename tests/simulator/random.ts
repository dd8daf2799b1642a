/** Random numbers that depend on nothing but the seed (sfc32), so that every run can be repeated. */
export class Random {
  #a: number
  #b: number
  #c = 0x9e3779b9 | 0
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = (seed / 2 ** 32) | 0
    for (let round = 0; round < 12; round++) this.#bits()
  }

  /** From 0 up to but not including 1. */
  next(): number {
    return this.#bits() / 2 ** 32
  }

  /** A whole number from 0 up to but not including `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  /** One entry of a list that is not empty. */
  pick<Value>(list: readonly Value[]): Value {
    const value = list[this.below(list.length)]
    if (value === undefined) throw new RangeError('nothing to pick from')
    return value
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}

/** Picks by weight. */
export function weighted<Value>(random: Random, entries: readonly (readonly [Value, number])[]): Value | undefined {
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  let rest = random.next() * total
  for (const [value, weight] of entries) {
    rest -= weight
    if (rest < 0) return value
  }
  return entries.at(-1)?.[0]
}
