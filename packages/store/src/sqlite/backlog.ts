/** More entries than a round ever has: what keys and places are packed with. */
const most = 2 ** 21

/**
 * What changed and is still to be written to a table. A round takes what was there when it began: what changes
 * meanwhile waits for the next one.
 */
export class Backlog<Key, Value> {
  readonly #changed = new Map<Key, Value>()
  #round: Key[] = []
  #at = 0

  get(key: Key): Value | undefined {
    return this.#changed.get(key)
  }

  has(key: Key): boolean {
    return this.#changed.has(key)
  }

  values(): MapIterator<Value> {
    return this.#changed.values()
  }

  /** Notes a change. */
  set(key: Key, value: Value): void {
    this.#changed.set(key, value)
  }

  /** @param place where an entry lies in its table: neighbours are written one after the other, which costs fewer pages */
  begin(place?: (value: Value) => number): void {
    const keys = [...this.#changed.keys()]
    this.#at = 0
    this.#round = place === undefined || keys.length > most ? keys : this.#sorted(keys, place)
  }

  /** Whether the round has something left. */
  get open(): boolean {
    return this.#at < this.#round.length
  }

  /** The next one of the round; it stays until it is done. */
  next(): { readonly key: Key; readonly value: Value } | undefined {
    const key = this.#round[this.#at]
    if (key === undefined) return undefined
    // It was there when the round began, and only the round takes away; a value may be undefined.
    return { key, value: this.#changed.get(key) as Value }
  }

  done(key: Key): void {
    this.#changed.delete(key)
    this.#at++
    if (!this.open) this.#round = []
  }

  // A comparing function would stall the thread for as long as a whole slice.
  #sorted(keys: readonly Key[], place: (value: Value) => number): Key[] {
    const order = new Float64Array(keys.length)
    let index = 0
    for (const value of this.#changed.values()) {
      order[index] = place(value) * most + index
      index++
    }
    const sorted: Key[] = []
    for (const packed of order.sort()) {
      const key = keys[packed % most]
      if (key !== undefined) sorted.push(key)
    }
    return sorted
  }
}

/** Something that is moved into tables bit by bit. */
export interface Settling {
  /** Begins a round over everything that has changed so far. */
  begin(now: number): void
  /** Writes a little. False where the round has nothing left. */
  step(): boolean
}
