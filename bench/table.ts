/** One column of a table. */
export interface Column {
  readonly title: string
  /** Digits behind the point. Default: three digits in all, because noise hides the others. */
  readonly digits?: number
}

/** One line of a table: for each column what the rounds have found. */
export interface Line {
  readonly label: string
  readonly cells: readonly (readonly number[])[]
}

/** What a benchmark has measured. */
export interface Table {
  /** What the lines are, such as `server`. */
  readonly of: string
  readonly columns: readonly Column[]
  readonly lines: readonly Line[]
  /** The title of the column that is drawn. Default: none. */
  readonly drawn?: string
}

/** What a benchmark leaves behind. */
export interface Outcome {
  readonly tables: readonly Table[]
  /** What went wrong, one line for each. */
  readonly complaints?: readonly string[]
}

/** The median of what rounds have found, and the least and the most. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Nothing where nothing was found. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((one, other) => one - other)
  const [least] = sorted
  const most = sorted.at(-1)
  if (least === undefined || most === undefined) return undefined
  const median = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
  return { median, least, most }
}

/** A table in Markdown: the median of the rounds, with the least and the most where there is more than one. */
export function markdownOf({ of, columns, lines }: Table): string {
  const rows = lines.map(({ label, cells }) => [
    label,
    ...columns.map((column, at) => cellText(cells[at] ?? [], column)),
  ])
  const rule = ['---', ...columns.map(() => '---:')]
  return [[of, ...columns.map(({ title }) => title)], rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** A number as a column shows it. */
export function shownIn({ digits }: Column, value: number): string {
  if (digits !== undefined) return value.toFixed(digits)
  if (Math.abs(value) >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

function cellText(values: readonly number[], column: Column): string {
  const spread = spreadOf(values)
  if (spread === undefined) return '-'
  const { median, least, most } = spread
  const shown = shownIn(column, median)
  return values.length === 1 ? shown : `${shown} (${shownIn(column, least)}-${shownIn(column, most)})`
}
