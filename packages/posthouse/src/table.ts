import type { Terminal } from './terminal.ts'
import { type Column, grid } from './watch/grid.ts'

/** Prints rows under bold titles. Text of others is made safe to show; where the terminal is narrow, less is shown. */
export function printTable<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const { isTTY, columns: width } = terminal.out as { readonly isTTY?: boolean; readonly columns?: number }
  const [heading = '', ...lines] = grid(columns, rows, isTTY && width ? width : Number.POSITIVE_INFINITY)
  terminal.print(terminal.style('bold', heading))
  for (const line of lines) terminal.print(line)
}
