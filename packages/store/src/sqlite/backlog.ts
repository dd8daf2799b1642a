/**
 * What changed and is still to be written to a table, oldest first. A round takes what was there when it began: what
 * changes meanwhile waits for the next one.
 */
export class Backlog<Key, Value> {
  readonly #changed = new Map<Key, Value>()
  #left = 0

  get(key: Key): Value | undefined {
    return this.#changed.get(key)
  }

  has(key: Key): boolean {
    return this.#changed.has(key)
  }

  values(): MapIterator<Value> {
    return this.#changed.values()
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#changed.entries()
  }

  /** Notes a change. What is noted already keeps its place. */
  set(key: Key, value: Value): void {
    this.#changed.set(key, value)
  }

  begin(): void {
    this.#left = this.#changed.size
  }

  /** Whether the round has something left. */
  get open(): boolean {
    return this.#left > 0
  }

  /** The next one of the round; it stays until it is done. */
  next(): [Key, Value] | undefined {
    if (this.#left === 0) return undefined
    return this.#changed.entries().next().value
  }

  done(key: Key): void {
    this.#changed.delete(key)
    this.#left--
  }
}

/** Something that is moved into tables bit by bit. */
export interface Settling {
  /** Begins a round over everything that has changed so far. */
  begin(now: number): void
  /** Writes a little. False where the round has nothing left. */
  step(): boolean
}
