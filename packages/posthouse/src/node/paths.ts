import { PosthouseError } from '@posthouse/core'

/** Values by path: a path stands for itself, or, where it ends with `*`, for all that begin like it. */
export class Paths<Value> {
  readonly #exact = new Map<string, Value>()
  /** The longest first. */
  readonly #beginnings: readonly (readonly [string, Value])[]

  constructor(entries: readonly (readonly [path: string, value: Value])[]) {
    const beginnings = new Map<string, Value>()
    for (const [path, value] of entries) {
      const [map, key] = path.endsWith('*') ? [beginnings, path.slice(0, -1)] : [this.#exact, path]
      if (map.has(key) && map.get(key) !== value) throw new PosthouseError('invalid_option', `two are for ${path}`)
      map.set(key, value)
    }
    this.#beginnings = [...beginnings].sort(([a], [b]) => b.length - a.length)
  }

  find(path: string): Value | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact
    for (const [beginning, value] of this.#beginnings) if (path.startsWith(beginning)) return value
    return undefined
  }
}
