/** Positions remembered for each client. */
const most = 1000

/**
 * Positions in a client's inbox whose messages it has given back. Where the store fails they stay there for a while, and
 * must not be delivered under the old position again. Spec: 4.5.2.
 */
export class GivenBack {
  readonly #seqs = new Set<number>()

  add(seq: number): void {
    this.#seqs.add(seq)
    const [oldest] = this.#seqs
    if (this.#seqs.size > most && oldest !== undefined) this.#seqs.delete(oldest)
  }

  has(seq: number): boolean {
    return this.#seqs.has(seq)
  }
}
