/** A copy is made after so many entries have come, at the earliest: what these hold may be all that survives too long. */
const leastComings = 64

/**
 * A map whose entries come and go all the time. V8 makes room in a map by filling a new table, and the old one still leads to it:
 * once one of them has grown old, whatever the map ever held survives every quick collection of garbage, at ten times its cost.
 * This one begins anew before that matters.
 */
export class BusyMap<Key, Value> {
  #map = new Map<Key, Value>()
  #comings = 0

  get size(): number {
    return this.#map.size
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key)
  }

  has(key: Key): boolean {
    return this.#map.has(key)
  }

  set(key: Key, value: Value): void {
    if (++this.#comings >= leastComings) this.#renew()
    this.#map.set(key, value)
  }

  delete(key: Key): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map = new Map()
  }

  /** In the order in which they came. */
  keys(): MapIterator<Key> {
    return this.#map.keys()
  }

  /** In the order in which they came. */
  values(): MapIterator<Value> {
    return this.#map.values()
  }

  /** In the order in which they came. */
  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries()
  }

  /** Copies cost no more than what has come meanwhile. */
  #renew(): void {
    if (this.#comings < this.#map.size) return
    this.#map = new Map(this.#map)
    this.#comings = 0
  }
}
