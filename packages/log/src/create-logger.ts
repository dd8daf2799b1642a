import { type Clock, type LogFields, reasonOf, systemClock } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import { AppLogger } from './app-logger.ts'
import { visible } from './format/visible.ts'
import type { Threshold } from './level.ts'
import { LogBook, type TroubleListener } from './log-book.ts'
import { createRedactor, type RedactOptions } from './redaction/redactor.ts'
import type { SinkSpecification } from './sinks/sink-options.ts'

/** How a logger begins. */
export interface LoggerOptions {
  /** What `{name}` writes. Default: the module that a call stands in. */
  readonly name?: string
  /** The level below which no sink gets anything. Default `trace`: the sinks decide. */
  readonly level?: Threshold
  /** Where lines go at first. Default: standard error, from `debug` on. */
  readonly sinks?: readonly SinkSpecification[]
  /** Fields of every line. */
  readonly fields?: LogFields
  /** What is hidden beside what always is; `false` hides nothing. Default `true`. */
  readonly redact?: RedactOptions | boolean
  /** Told when a sink fails and when it works again. Default: a line on standard error. */
  readonly onTrouble?: TroubleListener
  /** Where time comes from. Default: the machine. */
  readonly clock?: Clock
}

const optionNames: readonly string[] = ['name', 'level', 'sinks', 'fields', 'redact', 'onTrouble', 'clock']

/**
 * Makes a logger with sinks, a level and a context of its own.
 * @throws PosthouseError `invalid_option`; Error of the system where a file cannot be opened
 * @example
 * const logger = createLogger({ sinks: [{ sink: 'logs/app.log', rotation: '10 MB', retention: '7 days' }] })
 */
export function createLogger(options: LoggerOptions = {}): AppLogger {
  const { name, level = 'trace', sinks, fields, redact, onTrouble = tell, clock = systemClock, ...others } = options
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw refusal('an option of createLogger', `one of ${optionNames.join(', ')}`, unknown)
  if (name !== undefined && typeof name !== 'string') throw refusal('name', 'a text', name)
  if (typeof onTrouble !== 'function') throw refusal('onTrouble', 'a function', onTrouble)
  if (sinks !== undefined && !Array.isArray(sinks)) throw refusal('sinks', 'a list of { sink, ...options }', sinks)
  if (fields !== undefined && typeof fields !== 'object') throw refusal('fields', 'an object', fields)
  const redactor = createRedactor(redact)
  const book = new LogBook({ name, clock, redactor, onTrouble: guarded(onTrouble) })
  book.level = level
  const bound = fields === undefined ? undefined : redactor.fields(fields)
  addAll(book, sinks ?? [{ sink: process.stderr }])
  return new AppLogger(book, { name, bound, depth: 0 })
}

/** Where one is refused, those before it are closed again. */
function addAll(book: LogBook, sinks: readonly SinkSpecification[]): void {
  try {
    for (const { sink, ...options } of sinks) book.add(sink, options)
  } catch (error) {
    book.removeAll()
    throw error
  }
}

/** A listener that fails, or logs what fails again, does no harm. */
function guarded(listener: TroubleListener): TroubleListener {
  let inside = false
  return (text, error) => {
    if (inside) return
    inside = true
    try {
      listener(text, error)
    } catch {
      // There is nobody left to tell.
    } finally {
      inside = false
    }
  }
}

/** Nothing can be told about a standard error that is broken itself. */
function tell(text: string, error?: unknown): void {
  const reason = error === undefined ? '' : `: ${reasonOf(error)}`
  try {
    process.stderr.write(`posthouse log: ${visible(text + reason)}\n`)
  } catch {
    // See above.
  }
}

/** A logger that is ready: to standard error, from `debug` on, until `remove` and `add` change that. */
export const logger: AppLogger = createLogger()
