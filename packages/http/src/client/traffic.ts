import { PosthouseError } from '@posthouse/core'

/** The requests that are under way, each with all of its hops and attempts. */
export class Traffic {
  #count = 0
  #closed: PosthouseError | undefined
  readonly #quiet = Promise.withResolvers<void>()

  /** One more is under way, until it leaves; also one that is not admitted. */
  enter(): void {
    this.#count++
  }

  /** @throws `closed` */
  admit(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  leave(): void {
    if (--this.#count === 0 && this.#closed !== undefined) this.#quiet.resolve()
  }

  /** Admits no more, and resolves when those under way have left, or with `close`. */
  async drain(): Promise<void> {
    this.#shut()
    if (this.#count > 0) await this.#quiet.promise
  }

  /** Admits no more, and waits for none. */
  close(): void {
    this.#shut()
    this.#quiet.resolve()
  }

  #shut(): void {
    this.#closed ??= new PosthouseError('closed', 'this client was closed')
  }
}
