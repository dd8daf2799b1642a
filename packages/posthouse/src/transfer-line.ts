import type { TransferProgress } from '@posthouse/client'
import { ProgressLine } from './bench/progress-line.ts'
import { type Terminal, visible } from './terminal.ts'
import { bytes, span } from './watch/quantity.ts'

const barWidth = 24
/** Where there is no terminal, a line for each so many hundredths. */
const everyPercent = 10

/** Shows how far a transfer is: a bar in a terminal, now and then a line elsewhere, or each event as JSON. */
export class TransferLine implements Disposable {
  readonly #terminal: Terminal
  readonly #name: string
  readonly #json: boolean
  readonly #line: ProgressLine
  #toldPercent = 0

  constructor(terminal: Terminal, name: string, { json = false }: { readonly json?: boolean }) {
    this.#terminal = terminal
    this.#name = visible(name)
    this.#json = json
    this.#line = new ProgressLine(terminal)
  }

  readonly show = (progress: TransferProgress): void => {
    if (this.#json) this.#terminal.print(JSON.stringify({ event: 'progress', name: this.#name, ...progress }))
    else if (this.#terminal.err.isTTY === true) this.#line.show(`${this.#name} ${barOf(progress)}`)
    else this.#note(progress)
  };

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]()
  }

  #note(progress: TransferProgress): void {
    const percent = percentOf(progress)
    if (percent === undefined || percent < this.#toldPercent + everyPercent) return
    // The last line is not said before it is wholly true: the bytes of a folder are there before its files are.
    if (percent === 100 && filesLeft(progress)) return
    this.#toldPercent = percent - (percent % everyPercent)
    this.#terminal.note(`${this.#name} ${amountOf(progress)}`)
  }
}

function barOf(progress: TransferProgress): string {
  const percent = percentOf(progress)
  if (percent === undefined) return amountOf(progress)
  const full = Math.round((percent * barWidth) / 100)
  return `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${amountOf(progress)}`
}

function amountOf(progress: TransferProgress): string {
  const { bytes: moved, total, bytesPerSecond, remainingMs, files } = progress
  const percent = percentOf(progress)
  return [
    ...(percent === undefined ? [] : [`${percent} %`]),
    total === undefined ? bytes(moved) : `${bytes(moved)} of ${bytes(total)}`,
    ...(files ? [`${files.done} of ${files.total} files`] : []),
    ...(bytesPerSecond > 0 ? [`${bytes(bytesPerSecond)}/s`] : []),
    ...(remainingMs ? [`${span(remainingMs)} left`] : []),
  ].join(', ')
}

function filesLeft({ files }: TransferProgress): boolean {
  return files !== undefined && files.done < files.total
}

function percentOf({ bytes: moved, total }: TransferProgress): number | undefined {
  if (total === undefined) return undefined
  return total === 0 ? 100 : Math.floor((Math.min(moved, total) * 100) / total)
}
