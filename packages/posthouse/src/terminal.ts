import { styleText } from 'node:util'

/** A stream that a command writes to. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean }

type Style = Parameters<typeof styleText>[0]

/** Where a command writes, and how. Colours only where the stream is a terminal and `NO_COLOR` is not set. */
export class Terminal {
  readonly out: Output
  readonly err: Output

  constructor(out: Output = process.stdout, err: Output = process.stderr) {
    this.out = out
    this.err = err
  }

  /** A line of results. */
  print(text = ''): void {
    this.out.write(`${text}\n`)
  }

  /** A line for the person at the terminal, never part of the results. */
  note(text: string): void {
    this.err.write(`${text}\n`)
  }

  /** `text` in `style`, if `stream` shows colours. */
  style(style: Style, text: string, stream: Output = this.out): string {
    return showsColours(stream) ? styleText(style, text, { validateStream: false }) : text
  }

  /** Rows as aligned columns under a heading. */
  table(heading: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = heading.map((title, column) =>
      Math.max(...[heading, ...rows].map((row) => width(row[column] ?? title))),
    )
    const line = (row: readonly string[]): string =>
      row.map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell)))).join('  ')
    this.print(this.style('bold', line(heading).trimEnd()))
    for (const row of rows) this.print(line(row).trimEnd())
  }
}

/** Makes text from elsewhere safe to show: control characters, which could steer the terminal, become visible escapes. */
export function visible(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (character) => {
    if (character === '\u200d') return character
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

function showsColours(stream: Output): boolean {
  const { NO_COLOR: refused, FORCE_COLOR: forced, TERM: term } = process.env
  if (refused !== undefined && refused !== '') return false
  if (forced !== undefined) return forced !== '0'
  return stream.isTTY === true && term !== 'dumb'
}

/** Columns that text takes in a terminal: East Asian wide characters take two. */
export function width(text: string): number {
  let columns = 0
  for (const character of text) columns += wide.test(character) ? 2 : 1
  return columns
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u
