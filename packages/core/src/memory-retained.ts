import type { StoredEnvelope } from './store.ts'

/** The retained value of each address that has one. */
export class MemoryRetained {
  readonly #capacity: number
  readonly #values = new Map<string, StoredEnvelope>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  hasRoom(to: string): boolean {
    return this.#values.size < this.#capacity || this.#values.has(to)
  }

  keep(entry: StoredEnvelope): void {
    // Set anew, so that the order is that of the positions.
    this.#values.delete(entry.envelope.to)
    this.#values.set(entry.envelope.to, entry)
  }

  clear(to: string): void {
    this.#values.delete(to)
  }

  list(matches: (to: string) => boolean, now: number): StoredEnvelope[] {
    const found: StoredEnvelope[] = []
    for (const [to, { seq, envelope }] of this.#values) {
      if ((envelope.expiresAt ?? Infinity) <= now) this.#values.delete(to)
      else if (matches(to)) found.push({ seq, envelope })
    }
    return found
  }
}
