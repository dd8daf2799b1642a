/** Things that arrive over time, for a test that waits for some of them. */
export class Arrivals<Item> {
  readonly #what: string
  #items: Item[] = []
  readonly #waiting = new Set<() => void>()
  #end: Error | undefined
  #muted = false

  /** @param what names the things in the message of a failed wait */
  constructor(what: string) {
    this.#what = what
  }

  /** What arrived and was not taken, oldest first. */
  get untaken(): readonly Item[] {
    return this.#items
  }

  /** From now on nothing is kept. */
  mute(): void {
    this.#muted = true
    this.#items = []
  }

  push(...items: readonly Item[]): void {
    if (this.#muted) return
    this.#items.push(...items)
    for (const look of [...this.#waiting]) look()
  }

  /** Nothing more will arrive. */
  end(reason: string): void {
    this.#end = new Error(`${this.#what}: ${reason}`)
    for (const look of [...this.#waiting]) look()
  }

  /** Takes all that is there. */
  drain(): Item[] {
    const items = this.#items
    this.#items = []
    return items
  }

  /** Takes the first that matches, now or later; rejects when nothing more can come, or when it takes too long. */
  async take(matches: (item: Item) => boolean = () => true, timeoutMs: number = 10_000): Promise<Item> {
    const { promise, resolve, reject } = Promise.withResolvers<Item>()
    const late = setTimeout(() => reject(this.#failure('the awaited one did not come')), timeoutMs)
    const look = (): void => {
      const index = this.#items.findIndex(matches)
      const [found] = index < 0 ? [] : this.#items.splice(index, 1)
      if (found !== undefined) resolve(found)
      else if (this.#end !== undefined) reject(this.#failure(this.#end.message))
      else return
      // At once: what is pushed before the promise is noticed must not be taken, too.
      this.#waiting.delete(look)
    }
    this.#waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      clearTimeout(late)
      this.#waiting.delete(look)
    }
  }

  #failure(reason: string): Error {
    const untaken = this.#items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)).slice(0, 500))
    return new Error(`${this.#what}: ${reason}; not taken:\n${untaken.join('\n')}`)
  }
}
