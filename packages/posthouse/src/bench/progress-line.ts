import type { Terminal } from '../terminal.ts'

/** One line on standard error that is written over again and again; nothing where that is no terminal. */
export class ProgressLine implements Disposable {
  readonly #terminal: Terminal
  #shown = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(text: string): void {
    if (this.#terminal.err.isTTY !== true) return
    this.#shown = true
    this.#terminal.err.write(`\r\u001b[K${text}`)
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#shown) this.#terminal.err.write('\r\u001b[K')
    this.#shown = false
  }
}
