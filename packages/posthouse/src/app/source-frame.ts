import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { reasonOf } from '@posthouse/core'
import { type Terminal, visible } from '../terminal.ts'

/** A place in a program. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Lines shown before and behind the one that failed. */
const around = 2

/** Shows on standard error what failed and the line of the program that it failed in. */
export function showFailure(terminal: Terminal, error: unknown): void {
  const name = error instanceof Error ? error.name : 'Error'
  terminal.note(`${terminal.style('red', name, terminal.err)} ${visible(reasonOf(error))}`)
  const place = placeOf(error)
  if (place !== undefined) showPlace(terminal, place, error)
  if (error instanceof Error && error.cause !== undefined) {
    terminal.note('because of')
    showFailure(terminal, error.cause)
  }
}

/** What failed outside of the program, such as a port that is taken, has no place in it, and its stack helps nobody. */
function showPlace(terminal: Terminal, place: Place, error: unknown): void {
  terminal.note(frame(terminal, place))
  const stack = error instanceof Error ? (error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []) : []
  for (const line of stack.slice(0, 8)) terminal.note(terminal.style('gray', visible(line), terminal.err))
}

/** The packages of this command, wherever they are installed. */
const own = new URL('../../../', import.meta.url).href

/** Where the program itself stood. */
export function placeOf(error: unknown): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  // What does not parse names its place in the first line of its stack, as a URL or as a path.
  const [, unparsed = '', at] = /^(\/[^\n]*?|[A-Za-z]:\\[^\n]*?):(\d+)\n/.exec(stack) ?? []
  if (unparsed !== '') return { file: unparsed, line: Number(at), column: 1 }
  for (const line of stack.split('\n')) {
    const [, file = '', row, column] = /(file:\/\/\/[^\s()]+?):(\d+)(?::(\d+))?\)?$/.exec(line) ?? []
    if (file === '' || file.includes('/node_modules/') || file.startsWith(own)) continue
    return { file: fileURLToPath(file), line: Number(row), column: Number(column ?? 1) }
  }
  return undefined
}

function frame(terminal: Terminal, { file, line, column }: Place): string {
  const lines = readLines(file)
  const first = Math.max(1, line - around)
  const shown = lines.slice(first - 1, line + around).map((text, index) => {
    const number = first + index
    const row = `${number === line ? '>' : ' '} ${String(number).padStart(4)} | ${visible(text.replaceAll('\t', ' '))}`
    if (number !== line) return terminal.style('gray', row, terminal.err)
    return `${row}\n${' '.repeat(7)}| ${' '.repeat(Math.max(0, column - 1))}${terminal.style('red', '^', terminal.err)}`
  })
  return [`${file}:${line}:${column}`, ...shown].join('\n')
}

/** A file that is gone, or that the program made up, has no lines. */
function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
