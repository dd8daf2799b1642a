import { everyName, type Part } from './glob.ts'

/** So many different ways to get on are looked at; a pattern with more of them counts as not covered. */
const mostWays = 256

/** Where one may stand in the permitted patterns: numbers of places, sorted. */
type Places = readonly number[]

/**
 * True where every name that fits a pattern of channels (literal parts, `*` for one part, `**` for any number) fits one
 * of the permitted patterns, several of which may share the work. A part that nobody has ever heard of fits those tests
 * only that take every name, and what is allowed for it is allowed for every other part. So it stands for all of them.
 */
export function coversChannels(permitted: readonly (readonly Part[])[], parts: readonly string[]): boolean {
  return new Coverage(permitted).holds(parts)
}

class Coverage {
  /** The parts of all patterns, one pattern behind the other, each with an end: `undefined`. */
  readonly #parts: readonly (Part | undefined)[]
  readonly #first: Places

  constructor(permitted: readonly (readonly Part[])[]) {
    const starts: number[] = []
    const parts: (Part | undefined)[] = []
    for (const pattern of permitted) {
      starts.push(parts.length)
      parts.push(...pattern, undefined)
    }
    this.#parts = parts
    this.#first = this.#closed(starts)
  }

  holds(parts: readonly string[]): boolean {
    let ways: readonly Places[] = [this.#first]
    // No name is without a part.
    for (const part of parts.every((each) => each === '**') ? ['*', '**'] : parts) {
      ways = this.#onward(ways, part)
      if (ways.length > mostWays || ways.some((places) => places.length === 0)) return false
    }
    // Whatever the wildcards stood for, some pattern must be at its end.
    return ways.every((places) => places.some((place) => this.#parts[place] === undefined))
  }

  #onward(ways: readonly Places[], part: string): readonly Places[] {
    const next = new Map<string, Places>()
    for (const way of ways) {
      for (const places of part === '**' ? this.#repeated(way) : [this.#step(way, part)]) {
        next.set(places.join(), places)
      }
    }
    return [...next.values()]
  }

  /** Where one may stand behind any number of unheard-of parts, one entry for each number until they come again. */
  #repeated(start: Places): readonly Places[] {
    const seen = new Map<string, Places>()
    let places = start
    for (let key = places.join(); !seen.has(key); key = places.join()) {
      seen.set(key, places)
      places = this.#step(places, '*')
    }
    return [...seen.values()]
  }

  #step(places: Places, part: string): Places {
    const next: number[] = []
    for (const place of places) {
      const wanted = this.#parts[place]
      if (wanted === 'any') next.push(place)
      else if (wanted !== undefined && (part === '*' ? wanted === everyName : wanted(part))) next.push(place + 1)
    }
    return this.#closed(next)
  }

  /** Adds what can be reached without a part, as `**` may stand for none. */
  #closed(places: readonly number[]): Places {
    const all = new Set<number>()
    for (const start of places) {
      let place = start
      while (!all.has(place)) {
        all.add(place)
        if (this.#parts[place] === 'any') place++
      }
    }
    return [...all].sort((a, b) => a - b)
  }
}
