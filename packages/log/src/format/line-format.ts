import { refusal } from '@posthouse/core/options'
import type { LogRecord } from '../record/log-record.ts'
import { levelStyle, resetStyle, styleOf } from './colour.ts'
import { exceptionText } from './exception-text.ts'
import { fieldsText } from './fields-text.ts'
import { type FieldText, fieldOf } from './line-fields.ts'
import { padding } from './padding.ts'

type Piece = string | FieldText

/** How a file looks where nothing else is asked for. */
export const defaultFormat =
  '<green>{time:YYYY-MM-DD HH:mm:ss.SSS}</green> | <level>{level: <8}</level> | <level>{message}</level> {extra}'

/** What stands for itself when it is written like this. */
const plain: Readonly<Record<string, string>> = { '\\<': '<', '{{': '{', '}}': '}' }

const token = /\\<|\{\{|\}\}|\{([^{}]*)\}|<(\/?)([^<>\s/][^<>]*)?>|./gs

/**
 * Makes a format string into what writes lines. `{exception}` is added at the end where it is not named.
 * @throws PosthouseError `invalid_option`
 */
export function lineFormat(format: string, colour: boolean): (record: LogRecord) => string {
  const reader = new FormatReader(colour)
  for (const match of format.matchAll(token)) reader.take(match)
  const pieces = reader.end()
  if (!reader.hasException) pieces.push(exceptionOf('\n'))
  return writerOf(pieces)
}

class FormatReader {
  hasException = false
  readonly #colour: boolean
  readonly #pieces: Piece[] = []
  readonly #open: { readonly tag: string; readonly style: string }[] = []

  constructor(colour: boolean) {
    this.#colour = colour
  }

  take([text, field, closing, tag]: RegExpExecArray): void {
    if (field !== undefined) this.#field(field)
    else if (closing === '/') this.#close(tag ?? '')
    else if (tag !== undefined) this.#begin(tag)
    else if (text === '{' || text === '}') throw refusal('a format', 'balanced in { and } ({{ is a plain {)', text)
    else this.#literal(plain[text] ?? text)
  }

  end(): Piece[] {
    const open = this.#open.at(-1)
    if (open !== undefined) throw refusal('a format', `closed with </${open.tag}>`, `<${open.tag}>`)
    return this.#pieces
  }

  #literal(text: string): void {
    const last = this.#pieces.length - 1
    if (typeof this.#pieces[last] === 'string') this.#pieces[last] += text
    else this.#pieces.push(text)
  }

  #field(field: string): void {
    const [, name = '', specification] = /^([^:]*)(?::(.*))?$/s.exec(field) ?? []
    if (name === 'exception') this.hasException = true
    if (name === 'exception') this.#pieces.push(exceptionOf(this.#spaceBefore()))
    else if (field === 'extra') this.#pieces.push(extraOf(this.#spaceBefore()))
    else if (name === 'time') this.#pieces.push(fieldOf(name, specification))
    else {
      const text = fieldOf(name, undefined)
      const pad = specification === undefined ? undefined : padding(specification)
      this.#pieces.push(pad === undefined ? text : (record) => pad(text(record)))
    }
  }

  /** The spaces and line breaks before a field that may be empty belong to it. */
  #spaceBefore(): string {
    const before = this.#pieces.at(-1)
    if (typeof before !== 'string') return ''
    const bare = before.trimEnd()
    this.#pieces[this.#pieces.length - 1] = bare
    return before.slice(bare.length)
  }

  #begin(tag: string): void {
    const style = styleOf(tag)
    this.#open.push({ tag, style })
    this.#style(style)
  }

  #close(tag: string): void {
    const open = this.#open.pop()
    if (open === undefined || (tag !== '' && tag !== open.tag))
      throw refusal('a format', 'closed in order', `</${tag}>`)
    this.#style(resetStyle)
    for (const { style } of this.#open) this.#style(style)
  }

  #style(style: string): void {
    if (!this.#colour) return
    if (style === 'level') this.#pieces.push(({ level }) => levelStyle(level))
    else this.#literal(style)
  }
}

function exceptionOf(before: string): FieldText {
  return ({ exception }) => (exception === undefined ? '' : before + exceptionText(exception))
}

function extraOf(before: string): FieldText {
  return ({ extra, exception }) => {
    const text = fieldsText(extra, exception)
    return text === '' ? '' : before + text
  }
}

function writerOf(pieces: readonly Piece[]): (record: LogRecord) => string {
  return (record) => {
    let line = ''
    for (const piece of pieces) line += typeof piece === 'string' ? piece : piece(record)
    return `${line}\n`
  }
}
