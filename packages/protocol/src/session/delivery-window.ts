/** What a client was sent and has not acknowledged, and whether it may be sent more. Spec: 4.4. */
export class DeliveryWindow {
  readonly #maxMessages: number
  readonly #maxBytes: number
  #entries: { readonly seq: number; readonly bytes: number }[] = []
  #head = 0
  #bytes = 0
  #newest = 0
  #acknowledged = 0

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages
    this.#maxBytes = maxBytes
  }

  /** True while another message fits; one message always fits into an empty window, however large. */
  get open(): boolean {
    return this.size === 0 || (this.size < this.#maxMessages && this.#bytes < this.#maxBytes)
  }

  get size(): number {
    return this.#entries.length - this.#head
  }

  /** The newest position that was sent. */
  get newest(): number {
    return this.#newest
  }

  /** Forgets what was under way; everything after `acknowledged` will be sent again. */
  restart(acknowledged: number): void {
    this.#entries = []
    this.#head = 0
    this.#bytes = 0
    this.#newest = acknowledged
    this.#acknowledged = acknowledged
  }

  push(seq: number, bytes: number): void {
    this.#entries.push({ seq, bytes })
    this.#bytes += bytes
    this.#newest = seq
  }

  /** Takes a cumulative acknowledgement and says whether it told anything new. */
  acknowledge(seq: number): boolean {
    if (seq <= this.#acknowledged) return false
    this.#acknowledged = seq
    for (
      let entry = this.#entries[this.#head];
      entry !== undefined && entry.seq <= seq;
      entry = this.#entries[this.#head]
    ) {
      this.#bytes -= entry.bytes
      this.#head++
    }
    if (this.#head === this.#entries.length) {
      this.#entries = []
      this.#head = 0
    } else if (this.#head > 256) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return true
  }
}
