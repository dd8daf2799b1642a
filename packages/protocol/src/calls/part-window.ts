import { firstParts } from './answer-progress.ts'

/** Bytes of parts that are sent before the caller has given some back. Spec: 4.8.6. */
const mostBytes = 262_144

/** Holds back the parts of an answer until the caller has room for them. */
export class PartWindow {
  #allowed = firstParts
  /** Sizes of the parts that the caller has not given back, oldest first. */
  #sizes: number[] = []
  #bytes = 0
  #opened: () => void = () => undefined

  /** Resolves when another part may be sent, or `close` was called. */
  async room(): Promise<void> {
    while (!this.#open) await new Promise<void>((resolve) => (this.#opened = resolve))
  }

  sent(bytes: number): void {
    this.#allowed--
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }

  /** The caller has taken parts, and allows as many more. */
  grant(parts: number): void {
    this.#allowed += parts
    for (const bytes of this.#sizes.splice(0, parts)) this.#bytes -= bytes
    if (this.#open) this.#opened()
  }

  /** Nobody waits for the parts any more: nothing is held back. */
  close(): void {
    this.#allowed = Number.POSITIVE_INFINITY
    this.#sizes = []
    this.#bytes = 0
    this.#opened()
  }

  get #open(): boolean {
    return this.#allowed > 0 && (this.#bytes < mostBytes || this.#sizes.length === 0)
  }
}
