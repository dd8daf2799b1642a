import { visible, width } from '../terminal.ts'

/** A column of a table. */
export interface Column<Row> {
  readonly title: string
  /** Numbers stand on the right. */
  readonly numeric?: boolean
  readonly cell: (row: Row) => string
}

/** Fewest columns of the terminal that the first column keeps. */
const leastFirst = 8

/**
 * Rows as lines of at most `columns` columns, the titles first. Where there is no room, the last columns are left out and
 * the first is cut.
 */
export function grid<Row>(table: readonly Column<Row>[], rows: readonly Row[], columns: number): readonly string[] {
  const [first, ...rest] = table.map((column) => {
    const cells = [column.title, ...rows.map((row) => visible(column.cell(row)))]
    return { ...column, cells, width: Math.max(...cells.map(width)) }
  })
  if (first === undefined) return []
  const shown = [first]
  let used = Math.min(first.width, Math.max(leastFirst, columns / 3))
  for (const column of rest) {
    used += column.width + 2
    if (used > columns) break
    shown.push(column)
  }
  const others = shown.slice(1).reduce((sum, column) => sum + column.width + 2, 0)
  const widths = shown.map((column, index) => (index === 0 ? Math.min(column.width, columns - others) : column.width))
  return first.cells.map((_, line) =>
    shown
      .map(({ cells, numeric }, index) => padded(cells[line] ?? '', widths[index] ?? 0, numeric === true))
      .join('  ')
      .trimEnd(),
  )
}

/** Text that takes at most so many columns of a terminal. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text
  let shown = ''
  for (const character of text) {
    if (width(shown + character) > columns - 1) break
    shown += character
  }
  return `${shown}…`
}

function padded(text: string, columns: number, right: boolean): string {
  const fitting = cut(text, columns)
  const space = ' '.repeat(Math.max(0, columns - width(fitting)))
  return right ? space + fitting : fitting + space
}
