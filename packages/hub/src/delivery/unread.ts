/** Messages remembered for each client. Spec: 4.6.5. */
const most = 1000

/** The messages that a client may still say to have read. */
export class Unread {
  readonly #keys = new Set<string>()

  /** A message with a wish for receipts was delivered. */
  add(from: string, id: string): void {
    const key = keyOf(from, id)
    this.#keys.delete(key)
    this.#keys.add(key)
    if (this.#keys.size <= most) return
    const [oldest] = this.#keys
    if (oldest !== undefined) this.#keys.delete(oldest)
  }

  /** True for a message that was delivered and not read yet; it counts as read from now on. */
  take(from: string, id: string): boolean {
    return this.#keys.delete(keyOf(from, id))
  }
}

/** Addresses have no line breaks. */
function keyOf(from: string, id: string): string {
  return `${from}\n${id}`
}
