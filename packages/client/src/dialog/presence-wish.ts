/** Sees to it that the hub knows whether presence is wanted, whatever becomes of connections and sessions. */
export class PresenceWish {
  readonly #ask: (watch: boolean) => void
  #wanted = false
  /** What this session was told last. */
  #told = false
  /** False while what was told may have been lost with its connection. */
  #certain = true
  /** Questions on this connection. */
  #asked = 0

  /** @param ask writes the question to the connection. */
  constructor(ask: (watch: boolean) => void) {
    this.#ask = ask
  }

  wish(wanted: boolean, connected: boolean): void {
    this.#wanted = wanted
    if (connected && wanted !== this.#told) this.#tell()
  }

  /** A connection begins. */
  welcomed(resumed: boolean): void {
    this.#asked = 0
    if (!resumed) {
      this.#told = false
      this.#certain = true
    }
    if (this.#wanted !== this.#told || !this.#certain) this.#tell()
  }

  /** The hub spoke of presence: it was told. Of several questions nobody knows which one that answers. */
  answered(): void {
    this.#certain = this.#told && this.#asked < 2
  }

  #tell(): void {
    this.#told = this.#wanted
    this.#certain = false
    this.#asked++
    this.#ask(this.#wanted)
  }
}
