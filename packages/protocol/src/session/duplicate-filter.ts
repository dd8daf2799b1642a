/**
 * Remembers at least the newest `capacity` keys, and fewer than twice as many. Whole generations are forgotten at once:
 * to find the oldest key in a set that forgets one by one takes longer the more it has forgotten.
 */
export class DuplicateFilter {
  readonly #capacity: number
  #newer = new Set<string>()
  #older = new Set<string>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Remembers a key and says whether it was new. */
  add(key: string): boolean {
    if (this.#newer.has(key) || this.#older.has(key)) return false
    this.#newer.add(key)
    if (this.#newer.size === this.#capacity) {
      this.#older = this.#newer
      this.#newer = new Set()
    }
    return true
  }

  /** Forgets a key. */
  delete(key: string): void {
    this.#newer.delete(key)
    this.#older.delete(key)
  }
}
