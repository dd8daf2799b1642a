/** Messages remembered for each client. Spec: 4.6.5. */
const most = 1000

/** The messages that a client was delivered with a wish for receipts, and whether it has said to have read them. */
export class Unread {
  readonly #read = new Map<string, boolean>()

  /** A message was delivered. Returns the one that is given up for it, if any. */
  add(key: string): string | undefined {
    const known = this.#read.get(key) ?? false
    this.#read.delete(key)
    this.#read.set(key, known)
    if (this.#read.size <= most) return undefined
    const [oldest] = this.#read.keys()
    if (oldest !== undefined) this.#read.delete(oldest)
    return oldest
  }

  /** Those that may still be said to have been read. */
  *keys(): Iterable<string> {
    for (const [key, read] of this.#read) if (!read) yield key
  }

  /** True for a message that may still be said to have been read. */
  has(key: string): boolean {
    return this.#read.get(key) === false
  }

  /** Whether a message may be said to have been read, which it counts as from now on; nothing where it is not known. */
  take(key: string): boolean | undefined {
    const read = this.#read.get(key)
    if (read !== undefined) this.#read.set(key, true)
    return read === undefined ? undefined : !read
  }

  drop(key: string): void {
    this.#read.delete(key)
  }
}
