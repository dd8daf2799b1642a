/** How much of all its streams together a client may have unacknowledged, and how much that is now. Spec: 4.4.3. */
export class DeliveryBudget {
  readonly #maxMessages: number
  readonly #maxBytes: number
  #messages = 0
  #bytes = 0

  constructor(maxMessages: number, maxBytes: number) {
    this.#maxMessages = maxMessages
    this.#maxBytes = maxBytes
  }

  /** Messages that are under way. */
  get messages(): number {
    return this.#messages
  }

  /** True while another message fits; one message always fits where none is under way, however large. */
  get open(): boolean {
    return this.#messages === 0 || (this.#messages < this.#maxMessages && this.#bytes < this.#maxBytes)
  }

  /** A message was sent. */
  take(bytes: number): void {
    this.#messages++
    this.#bytes += bytes
  }

  /** A message is not under way any more. */
  give(bytes: number): void {
    this.#messages--
    this.#bytes -= bytes
  }
}
