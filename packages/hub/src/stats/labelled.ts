/** Counts of one kind of thing, told apart by a label. The labels must be few and known beforehand. */
export class Labelled {
  readonly #counts = new Map<string | number, number>()

  add(label: string | number): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1)
  }

  entries(): Iterable<[string | number, number]> {
    return this.#counts.entries()
  }
}
