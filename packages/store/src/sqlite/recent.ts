/**
 * Remembers at least the `capacity` values that were used last, and fewer than twice as many. Whole generations are
 * forgotten at once: to find the oldest key in a map that forgets one by one takes longer the more it has forgotten.
 */
export class Recent<Value> {
  readonly #capacity: number
  #newer = new Map<string, Value>()
  #older = new Map<string, Value>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: string): Value | undefined {
    const value = this.#newer.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    this.#newer.set(key, value)
    this.#older.delete(key)
    if (this.#newer.size < this.#capacity) return
    this.#older = this.#newer
    this.#newer = new Map()
  }

  delete(key: string): void {
    this.#newer.delete(key)
    this.#older.delete(key)
  }
}
