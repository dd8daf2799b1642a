import { refusal } from '@posthouse/core/options'
import { wantsColour } from '../format/colour.ts'
import { defaultFormat, lineFormat } from '../format/line-format.ts'
import { severityFrom } from '../level.ts'
import type { LogRecord } from '../record/log-record.ts'
import type { Sink } from './sink.ts'
import { type FileSinkOptions, fileOptionNames, type SinkTarget, sinkOptionNames } from './sink-options.ts'

const switches = ['serialize', 'colorize', 'location', 'reopenOnSighup'] as const

/** A sink with what it wants. */
export interface Entry {
  readonly id: number
  severity: number
  readonly filter: ((record: LogRecord) => boolean) | undefined
  /** How a record looks; nothing where it is a JSON line. */
  readonly text: ((record: LogRecord) => string) | undefined
  readonly location: boolean
  readonly sink: Sink
}

/** Whether a target is a file, by its path. */
export function isPath(target: SinkTarget): target is string | URL {
  return typeof target === 'string' || target instanceof URL
}

/** What an entry is made of, without its sink. @throws PosthouseError `invalid_option` */
export function entryParts(target: SinkTarget, options: FileSinkOptions): Omit<Entry, 'id' | 'sink'> {
  checkNames(target, options)
  const { level = 'debug', filter, serialize = false, location = false } = options
  for (const name of switches) checkSwitch(name, options[name])
  if (filter !== undefined && typeof filter !== 'function') throw refusal('filter', 'a function', filter)
  if (location && !serialize) throw refusal('location', 'left to {file}:{line} where serialize is not set', location)
  if (serialize && options.format !== undefined)
    throw refusal('format', 'absent where serialize is set', options.format)
  return { severity: severityFrom(level), filter, text: serialize ? undefined : textOf(target, options), location }
}

function checkSwitch(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw refusal(name, 'true or false', value)
}

function checkNames(target: SinkTarget, options: FileSinkOptions): void {
  if (target === null || (typeof target !== 'object' && typeof target !== 'function' && typeof target !== 'string'))
    throw refusal('sink', 'a path, a function or a stream', target)
  const known = isPath(target) ? [...sinkOptionNames, ...fileOptionNames] : sinkOptionNames
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const where = isPath(target) ? 'a file' : 'a sink that is no file'
  throw refusal(`an option of ${where}`, `one of ${known.join(', ')}`, unknown)
}

function textOf(target: SinkTarget, { format, colorize }: FileSinkOptions): Entry['text'] {
  const colour = colorize ?? (typeof target === 'object' && !isPath(target) && wantsColour(target))
  if (typeof format === 'function') return (record) => ended(format(record))
  if (format !== undefined && typeof format !== 'string') throw refusal('format', 'a text or a function', format)
  return lineFormat(format ?? defaultFormat, colour)
}

function ended(line: string): string {
  return line.endsWith('\n') ? line : `${line}\n`
}
