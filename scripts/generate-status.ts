interface Row {
  readonly name: string
  readonly code: number
  readonly phrase: string
  /** Where it is fixed; third-party statuses are fixed here only. */
  readonly source?: string
  readonly english: string
  readonly chinese: string
}

interface CloseRow extends Row {
  /** False for what an end may only find out, never say. */
  readonly sendable: boolean
}

export interface StatusSpec {
  readonly http: readonly Row[]
  readonly close: readonly CloseRow[]
  /** Names that are kept for those who use them, and what they stand for. */
  readonly deprecated: readonly { readonly name: string; readonly use: string }[]
}

/** The generated files of `@posthouse/core/status`. */
export interface StatusFiles {
  readonly httpConstants: string
  readonly closeConstants: string
  readonly table: string
}

const notice = '// Generated from spec/status.json by `npm run generate`. Change it there.\n'

/** What the generated files must contain for `spec/status.json`. */
export function renderStatusFiles({ http, close, deprecated }: StatusSpec): StatusFiles {
  const codes = new Map(http.map(({ name, code }) => [name, code]))
  const aliases = deprecated.map(({ name, use }) => {
    return `\n/** @deprecated Its right name is \`${use}\`. */\nexport const ${name} = ${codes.get(use)}\n`
  })
  return {
    httpConstants: [notice, ...http.map(constant), ...aliases].join(''),
    closeConstants: [notice, ...close.map(constant)].join(''),
    table: `${notice}
/** A status on each line: number, name, phrase, meaning in English and in Chinese. */
export const httpRows = \`
${http.map(line).join('\n')}\`

/** A WebSocket close code on each line, in the same way; \`-\` after the number of those that are never sent. */
export const closeRows = \`
${close.map((row) => line(row).replace(/^\d+/, row.sendable ? '$&' : '$&-')).join('\n')}\`
`,
  }
}

function constant({ name, code, source, english, chinese }: Row): string {
  return `\n/** ${english} ${chinese}${source ? ` (${source})` : ''} */\nexport const ${name} = ${code}\n`
}

function line({ code, name, phrase, english, chinese }: Row): string {
  return [code, name, phrase, english, chinese].join('|')
}
