/** Sees to it that the hub knows whether presence is wanted, whatever becomes of connections and sessions. */
export class PresenceWish {
  readonly #ask: (watch: boolean) => void
  #wanted = false
  /** What this session was told last; a question counts only once it was answered or could not get lost. */
  #told = false
  #answered = false

  /** @param ask writes the question to the connection. */
  constructor(ask: (watch: boolean) => void) {
    this.#ask = ask
  }

  wish(wanted: boolean, connected: boolean): void {
    this.#wanted = wanted
    if (connected) this.#tell()
  }

  /** A connection begins. What the last one may have lost is said again. */
  welcomed(resumed: boolean): void {
    if (!resumed) this.#told = false
    else if (this.#told !== this.#answered) this.#told = this.#answered
    this.#tell()
  }

  /** The hub spoke of presence: it knows that this is wanted. */
  answered(): void {
    this.#answered = this.#told
  }

  #tell(): void {
    if (this.#wanted === this.#told) return
    this.#told = this.#wanted
    this.#answered = false
    this.#ask(this.#wanted)
  }
}
