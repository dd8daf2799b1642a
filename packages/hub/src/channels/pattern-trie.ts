import { anyParts, onePart } from './channel-pattern.ts'

/** A place in the trie: what has been read of a pattern. */
interface Place<Entry> {
  readonly next: Map<string, Place<Entry>>
  /** True behind `**`: further parts of a name may be read without leaving. */
  readonly open: boolean
  readonly entries: Set<Entry>
}

/** Channel names remembered with what they fit. */
const maxRemembered = 1024

const none: readonly never[] = []

/** Entries by patterns of channel names. Patterns with the same beginning share it. */
export class PatternTrie<Entry> {
  readonly #root: Place<Entry> = placeOf(false)
  /** What was last asked for; everything is forgotten when a pattern comes or goes. */
  #remembered = new Map<string, readonly Entry[]>()

  get empty(): boolean {
    return this.#root.next.size === 0
  }

  /** Adds an entry under the parts of its pattern. */
  add(parts: readonly string[], entry: Entry): void {
    let place = this.#root
    for (const part of parts) {
      let next = place.next.get(part)
      if (next === undefined) {
        next = placeOf(part === anyParts)
        place.next.set(part, next)
      }
      place = next
    }
    place.entries.add(entry)
    this.#remembered.clear()
  }

  /** Takes an entry away, and what nothing else needs of its pattern. */
  delete(parts: readonly string[], entry: Entry): void {
    const path = [this.#root]
    for (const part of parts) {
      const next = path.at(-1)?.next.get(part)
      if (next === undefined) return
      path.push(next)
    }
    path.at(-1)?.entries.delete(entry)
    for (let depth = parts.length; depth > 0; depth--) {
      const place = path[depth]
      const part = parts[depth - 1]
      if (place === undefined || part === undefined || place.entries.size > 0 || place.next.size > 0) break
      path[depth - 1]?.next.delete(part)
    }
    this.#remembered.clear()
  }

  /** The entries whose pattern fits a name, each once. Names come again and again, so the last ones are remembered. */
  match(name: string): readonly Entry[] {
    const known = this.#remembered.get(name)
    if (known !== undefined) return known
    const found = this.#find(name.split('.'))
    if (this.#remembered.size >= maxRemembered) this.#remembered = new Map()
    this.#remembered.set(name, found)
    return found
  }

  #find(parts: readonly string[]): readonly Entry[] {
    let places = new Set<Place<Entry>>()
    enter(places, this.#root)
    for (const part of parts) {
      const next = new Set<Place<Entry>>()
      for (const place of places) {
        if (place.open) enter(next, place)
        enter(next, place.next.get(part))
        enter(next, place.next.get(onePart))
      }
      if (next.size === 0) return none
      places = next
    }
    return [...places].flatMap(({ entries }) => [...entries])
  }
}

function placeOf<Entry>(open: boolean): Place<Entry> {
  return { next: new Map(), open, entries: new Set() }
}

/** Adds a place, and those that can be reached from it without a part of the name. */
function enter<Entry>(places: Set<Place<Entry>>, place: Place<Entry> | undefined): void {
  for (let at = place; at !== undefined && !places.has(at); at = at.next.get(anyParts)) places.add(at)
}
