import type { Terminal } from '../terminal.ts'
import { renderClients, renderStats, type Size, statsLine } from './frame.ts'
import { cut } from './grid.ts'
import type { Look } from './look.ts'
import { Interval } from './rates.ts'
import { Screen } from './screen.ts'

/** Shows what was seen of a hub, look by look. */
export interface Viewer extends Disposable {
  show(look: Look, before: Look | undefined): void
  /** Says why there is nothing new. */
  trouble(text: string): void
}

/** How looks are shown: as JSON, once as a table, as a table that changes, or, outside of terminals, as lines. */
export function viewerFor(terminal: Terminal, options: { readonly json?: boolean; readonly once?: boolean }): Viewer {
  if (options.json) return plainViewer(terminal, (look, before) => JSON.stringify(dataOf(look, before)))
  if (options.once) return plainViewer(terminal, (look, before) => lines(look, before, everything(terminal)).join('\n'))
  return terminal.out.isTTY === true ? new ScreenViewer(terminal) : plainViewer(terminal, logLine)
}

function plainViewer(terminal: Terminal, text: (look: Look, before: Look | undefined) => string): Viewer {
  let told = ''
  const tell = (notice: string): void => {
    if (notice !== told) terminal.note(notice)
    told = notice
  }
  return {
    show(look, before) {
      tell('notice' in look ? look.notice : '')
      terminal.print(text(look, before))
    },
    trouble: tell,
    [Symbol.dispose]: () => undefined,
  }
}

class ScreenViewer implements Viewer {
  readonly #screen: Screen
  #render: (size: Size) => readonly string[] = () => []
  #trouble: string | undefined

  constructor(terminal: Terminal) {
    this.#screen = new Screen(terminal.out, () => this.#draw())
  }

  show(look: Look, before: Look | undefined): void {
    this.#trouble = undefined
    this.#render = (size) => {
      if (!('notice' in look)) return lines(look, before, size)
      return [cut(look.notice, size.columns), ...lines(look, before, { ...size, rows: size.rows - 1 })]
    }
    this.#draw()
  }

  trouble(text: string): void {
    this.#trouble = text
    this.#draw()
  }

  [Symbol.dispose](): void {
    this.#screen[Symbol.dispose]()
  }

  #draw(): void {
    const { size } = this.#screen
    const trouble = this.#trouble === undefined ? [] : [cut(this.#trouble, size.columns)]
    this.#screen.show([...trouble, ...this.#render({ ...size, rows: size.rows - trouble.length })])
  }
}

function lines(look: Look, before: Look | undefined, size: Size): readonly string[] {
  if ('stats' in look) return renderStats(look.stats, statsOf(before), size)
  return renderClients(look.clients, Date.now(), size)
}

function logLine(look: Look, before: Look | undefined): string {
  const time = new Date().toISOString()
  return `${time} ${'stats' in look ? statsLine(look.stats, statsOf(before)) : `clients=${look.clients.length}`}`
}

function dataOf(look: Look, before: Look | undefined): unknown {
  const time = new Date().toISOString()
  if ('clients' in look) return { time, ...look }
  return { time, rates: Interval.between(look.stats, statsOf(before))?.rates, ...look.stats }
}

function statsOf(look: Look | undefined): Parameters<typeof renderStats>[1] {
  return look !== undefined && 'stats' in look ? look.stats : undefined
}

/** As wide as the terminal, where there is one, and as long as it takes. */
function everything({ out }: Terminal): Size {
  const { columns } = out as { readonly columns?: number }
  return { columns: columns || Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }
}
