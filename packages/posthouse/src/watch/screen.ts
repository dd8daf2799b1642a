import type { Output } from '../terminal.ts'
import type { Size } from './frame.ts'

const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'

/** A terminal's second screen: what it shows is replaced as a whole, and what was there before comes back at the end. */
export class Screen implements Disposable {
  readonly #out: Output & { readonly columns?: number; readonly rows?: number }
  readonly #onResize: () => void
  /** However the process ends, the terminal is as it was. */
  readonly #onExit = (): void => void this.#out.write(leave)

  constructor(out: Output, onResize: () => void) {
    this.#out = out
    this.#onResize = onResize
    process.once('exit', this.#onExit)
    out.on('resize', onResize)
    out.write(enter)
  }

  get size(): Size {
    // Terminals that do not know their size say 0.
    return { columns: this.#out.columns || 80, rows: this.#out.rows || 24 }
  }

  /** Shows lines that fit. Written in one piece, and over what was there: it does not flicker. */
  show(lines: readonly string[]): void {
    this.#out.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit)
    this.#out.off('resize', this.#onResize)
    this.#out.write(leave)
  }
}
