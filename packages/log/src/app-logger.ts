import type { LogFields, Logger } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import { type Level, type LevelName, levelName, levels, type Threshold } from './level.ts'
import type { LogBook } from './log-book.ts'
import type { EntryPoint } from './record/caller.ts'
import type { Scope } from './record/scope.ts'
import { isError, textOf } from './redaction/described-error.ts'
import type { SinkFunction } from './sinks/function-sink.ts'
import type { FileSinkOptions, SinkOptions } from './sinks/sink-options.ts'
import type { LineStream } from './sinks/stream-sink.ts'

/** What `opt` changes for the calls that follow it. */
export interface CallOptions {
  /** An error whose stack is written with the message. */
  readonly exception?: unknown
  /** How many callers further up the place of a call is looked for: 1 in a function that wraps a logger. Default 0. */
  readonly depth?: number
}

/**
 * The logger of a program. It is core's `Logger`, so every other package takes it. Loggers that `bind` and `opt` return
 * share its sinks and its level.
 */
export class AppLogger implements Logger, AsyncDisposable {
  readonly #book: LogBook
  readonly #scope: Scope

  /** Made by `createLogger`. */
  constructor(book: LogBook, scope: Scope) {
    this.#book = book
    this.#scope = scope
  }

  /** Each step, for following one case through the code. */
  trace(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.trace.severity) this.#write(this.trace, 'trace', message, fields)
  }

  /** Details for whoever looks for a fault: every request and its answer. */
  debug(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.debug.severity) this.#write(this.debug, 'debug', message, fields)
  }

  /** What happens in the ordinary course: a request begins, a request is done. */
  info(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.info.severity) this.#write(this.info, 'info', message, fields)
  }

  /** Something that matters went well. */
  success(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.success.severity) this.#write(this.success, 'success', message, fields)
  }

  /** What was survived: a retry, an odd answer. */
  warning(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.warning.severity) this.#write(this.warning, 'warning', message, fields)
  }

  /** The same as `warning`, under the name that core's `Logger` has for it. */
  warn(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.warning.severity) this.#write(this.warn, 'warning', message, fields)
  }

  /** What failed: a request, a connection. */
  error(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.error.severity) this.#write(this.error, 'error', message, fields)
  }

  /** The program as a whole cannot do its work. */
  critical(message: string, fields?: LogFields): void {
    if (this.#book.threshold <= levels.critical.severity) this.#write(this.critical, 'critical', message, fields)
  }

  /** An error of the level `error`, with the stacks of the error, of its causes and of the errors that it holds. */
  exception(error: unknown, message: string = textOf(error), fields?: LogFields): void {
    if (this.#book.threshold > levels.error.severity) return
    this.#write(this.exception, 'error', message, this.#withError(fields, error))
  }

  /** Writes at a level that is known at run time only. @throws PosthouseError `invalid_option` */
  log(level: Level, message: string, fields?: LogFields): void {
    const name = typeof level === 'number' ? nearest(level) : levelName(level)
    if (this.#book.threshold <= levels[name].severity) this.#write(this.log, name, message, fields)
  }

  /** Whether any sink takes this level now; for messages that are dear to make. @throws PosthouseError `invalid_option` */
  isEnabled(level: Level): boolean {
    return this.#book.threshold <= levels[typeof level === 'number' ? nearest(level) : levelName(level)].severity
  }

  /** A logger that adds these fields to each of its calls. */
  bind(fields: LogFields): AppLogger {
    const bound = { ...this.#scope.bound, ...this.#book.redactor.fields(fields) }
    return new AppLogger(this.#book, { ...this.#scope, bound })
  }

  /** Adds these fields to every call of this logger's kin while `task` runs, also in what that starts and waits for. */
  contextualize<Result>(fields: LogFields, task: () => Result): Result {
    return this.#book.contextualize(fields, task)
  }

  /** A logger whose calls carry an error, or are said to stand elsewhere. @throws PosthouseError `invalid_option` */
  opt({ exception, depth = 0, ...others }: CallOptions = {}): AppLogger {
    const [unknown] = Object.keys(others)
    if (unknown !== undefined) throw refusal('an option of opt', 'exception or depth', unknown)
    if (!Number.isInteger(depth) || depth < 0 || depth > 100) throw refusal('depth', 'a whole number up to 100', depth)
    const logger = exception === undefined ? this : this.bind({ err: exception })
    return new AppLogger(this.#book, { ...logger.#scope, depth: this.#scope.depth + depth })
  }

  /**
   * Adds a sink: the path of a file, a function or a stream. Returns its id.
   * @throws PosthouseError `invalid_option`; Error of the system where a file cannot be opened
   */
  add(file: string | URL, options?: FileSinkOptions): number
  add(sink: SinkFunction | LineStream, options?: SinkOptions): number
  add(sink: string | URL | SinkFunction | LineStream, options: FileSinkOptions = {}): number {
    return this.#book.add(sink, options)
  }

  /** Takes a sink away and closes its file; without an id all of them. @throws PosthouseError `invalid_option` */
  remove(id?: number): void {
    if (id === undefined) this.#book.removeAll()
    else this.#book.remove(id)
  }

  /** The level below which no sink gets anything; it may be set at any time. `trace` leaves it to the sinks. */
  get level(): Threshold {
    return this.#book.level
  }

  set level(level: Threshold) {
    this.#book.level = level
  }

  /** Changes the level of one sink. @throws PosthouseError `invalid_option` */
  setLevel(id: number, level: Threshold): void {
    this.#book.setLevel(id, level)
  }

  /** Opens every file anew, as after another program has moved it away. */
  reopen(): void {
    this.#book.reopen()
  }

  /** Resolves when every line is written, and what was rotated is packed. Rejects with the reason of `signal`. */
  async drain(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options
    signal?.throwIfAborted()
    const drained = this.#book.drain()
    if (signal === undefined) return drained
    const aborted = Promise.withResolvers<never>()
    const onAbort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([drained, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** `drain`, and then every sink is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    this.remove()
  }

  /** Whoever is not checked by a compiler may hand over an error instead of a text, or instead of fields. */
  #write(entry: EntryPoint, level: LevelName, message: unknown, fields: unknown): void {
    if (typeof message === 'string') this.#book.write({ scope: this.#scope, entry, level }, message, fieldsOf(fields))
    else if (isError(message))
      this.#book.write({ scope: this.#scope, entry, level }, textOf(message), this.#withError(fields, message))
    else this.#book.write({ scope: this.#scope, entry, level }, textOf(message), fieldsOf(fields))
  }

  /** They are cleaned before they are copied, because a copy would spring their traps. */
  #withError(fields: unknown, error: unknown): LogFields {
    const own = fieldsOf(fields)
    return own === undefined ? { err: error } : { ...this.#book.redactor.fields(own), err: error }
  }
}

function fieldsOf(fields: unknown): LogFields | undefined {
  if (fields === undefined || fields === null) return undefined
  if (typeof fields !== 'object') return { value: fields }
  return isError(fields) ? { err: fields } : (fields as LogFields)
}

/** The gravest level that is not above a number. @throws PosthouseError `invalid_option` */
function nearest(severity: number): LevelName {
  // In the order of the table.
  const names = Object.keys(levels) as LevelName[]
  const name = names.findLast((each) => levels[each].severity <= severity)
  if (name === undefined) throw refusal('level', `at least ${levels.trace.severity}`, severity)
  return name
}
