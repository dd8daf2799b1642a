import { readFileSync, writeFileSync } from 'node:fs'

export interface ErrorRow {
  readonly name: string
  readonly code: number
  readonly http: number
  readonly close: number | null
  readonly retry: boolean
  readonly help: string
}

const lineWidth = 120
const root = new URL('../', import.meta.url)
const outputs = {
  table: new URL('packages/core/src/error-table.ts', root),
  help: new URL('packages/core/src/help.ts', root),
}

/** What the two generated files of core must contain for the rows of `spec/errors.json`. */
export function renderErrorFiles(rows: readonly ErrorRow[]): Record<keyof typeof outputs, string> {
  const notice = '// Generated from spec/errors.json by `npm run generate`. Change the table there.\n\n'
  const table = rows.map(({ name, code, close, retry }) => `  ${name}: [${code}, ${close}, ${retry}],`)
  const statuses = rows.map(({ name, http }) => property(name, String(http)))
  const help = rows.map(({ name, help }) => property(name, quote(help)))
  return {
    table: `${notice}/**
 * Of every failure that Posthouse reports: its number, its close code or null, and whether trying again can help. Lists,
 * because each browser loads them. Source: spec/errors.json.
 */
export const errorRows = {
${table.join('\n')}
} as const
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

function main(): void {
  const { errors } = JSON.parse(readFileSync(new URL('spec/errors.json', root), 'utf8')) as { errors: ErrorRow[] }
  const files = renderErrorFiles(errors)
  const check = process.argv.includes('--check')
  for (const key of ['table', 'help'] as const) {
    if (!check) writeFileSync(outputs[key], files[key])
    else if (readFileSync(outputs[key], 'utf8') !== files[key]) {
      console.error(`${outputs[key].pathname} does not match spec/errors.json: run npm run generate`)
      process.exitCode = 1
    }
  }
}

if (import.meta.main) main()
