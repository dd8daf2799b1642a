export interface ErrorRow {
  readonly name: string
  readonly code: number
  readonly http: number
  readonly close: number | null
  readonly retry: boolean
  /** `host`: never on the wire, and not reported by clients. `calls`: in browsers reported by the client of calls only. */
  readonly scope?: 'host' | 'calls'
  readonly help: string
}

const lineWidth = 120

/** The generated files of core, and that of the client of calls. */
export interface ErrorFiles {
  readonly table: string
  readonly browserTable: string
  /** What the client of calls adds to that. */
  readonly callRows: string
  readonly help: string
}

/** What the generated files must contain for the rows of `spec/errors.json`. */
export function renderErrorFiles(rows: readonly ErrorRow[]): ErrorFiles {
  const notice = '// Generated from spec/errors.json by `npm run generate`. Change the table there.\n\n'
  const codes = rows.map(({ name }) => `  | '${name}'`)
  const statuses = rows.map(({ name, http }) => property(name, String(http)))
  const help = rows.map(({ name, help }) => property(name, quote(help)))
  return {
    table: `${notice}/** The name of a failure; a key of \`spec/errors.json\`. Switch on this, never on message text. */
export type ErrorCode =
${codes.join('\n')}

/**
 * Every failure that Posthouse reports, as one text: a number counts on from the one before where none is given. \`+\` stands
 * where trying again can help, else \`=\`; then comes the close code, if any.
 */
export const errorRows =
  '${packed(rows)}'
`,
    browserTable: `${notice}/** The failures that browsers can hear of, written as in \`error-table.ts\`. */
export const errorRows =
  '${packed(rows.filter(({ scope }) => scope === undefined))}'
`,
    callRows: `${notice}/** The failures that only callers of procedures hear of, as rows of core's table. */
export const callErrorRows = '${packed(rows.filter(({ scope }) => scope === 'calls'))}'
`,
    help: `${notice}import type { ErrorCode } from './errors.ts'

/** One sentence for people on what to do about each error code. Kept out of \`.\` so that browsers need not load it. */
export const errorHelp: Readonly<Record<ErrorCode, string>> = {
${help.join('\n')}
}

/** The status of each error code at an HTTP door. */
export const errorHttpStatus: Readonly<Record<ErrorCode, number>> = {
${statuses.join('\n')}
}
`,
  }
}

function packed(rows: readonly ErrorRow[]): string {
  const words = rows.flatMap(({ name, code, close, retry }, index) => {
    const word = `${name}${retry ? '+' : close ? '=' : ''}${close ?? ''}`
    return rows[index - 1]?.code === code - 1 ? word : [code, word]
  })
  return words.join(' ')
}

/** Written as the formatter would: on one line where that has room. */
function property(name: string, value: string): string {
  const line = `  ${name}: ${value},`
  return line.length <= lineWidth ? line : `  ${name}:\n    ${value},`
}

/** Between the quotes that need fewer escapes, the single ones when both are equal. */
function quote(text: string): string {
  const quoted = JSON.stringify(text)
  const singles = text.split("'").length
  const doubles = text.split('"').length
  return singles > doubles ? quoted : `'${quoted.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
