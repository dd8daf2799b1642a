type Outcome<Item> = { readonly item: Item } | { readonly error: unknown }

/**
 * Something that may come much later, and is waited for again and again. A race with its promise would leave something behind each
 * time, which stays until it has come.
 */
export class Coming<Item> {
  #outcome: Outcome<Item> | undefined
  #wake: (() => void) | undefined

  constructor(promise: Promise<Item>) {
    promise.then(
      (item) => this.#settle({ item }),
      (error: unknown) => this.#settle({ error }),
    )
  }

  /** Calls `wake` once it has come, or failed: of several listeners the last one. */
  whenHere(wake: () => void): void {
    this.#wake = wake
    if (this.#outcome !== undefined) wake()
  }

  /** What has come; nothing before. @throws what it has failed with */
  get item(): Item | undefined {
    if (this.#outcome === undefined) return undefined
    if ('error' in this.#outcome) throw this.#outcome.error
    return this.#outcome.item
  }

  #settle(outcome: Outcome<Item>): void {
    this.#outcome = outcome
    this.#wake?.()
  }
}
