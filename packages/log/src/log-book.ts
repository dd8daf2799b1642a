import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, type LogFields, reasonOf } from '@posthouse/core'
import { refusal } from '@posthouse/core/options'
import { JsonLines } from './json-lines.ts'
import { beforeLeaving, type LeaveOptions } from './leaving.ts'
import { levels, severityFrom, type Threshold } from './level.ts'
import { PendingRecord } from './record/pending-record.ts'
import type { Call, Scope } from './record/scope.ts'
import type { Redactor } from './redaction/redactor.ts'
import { type Entry, entryParts, isPath } from './sinks/entry.ts'
import { openSink } from './sinks/open-sink.ts'
import type { Sink } from './sinks/sink.ts'
import type { FileSinkOptions, SinkTarget } from './sinks/sink-options.ts'

/** What goes wrong in a sink, and when it is over. */
export type TroubleListener = (text: string, error?: unknown) => void

/** What a log book is made with. */
export interface BookOptions {
  readonly name: string | undefined
  readonly clock: Clock
  readonly redactor: Redactor
  readonly onTrouble: TroubleListener
}

/** What all loggers of one `createLogger` share: the sinks, the level, the context. */
export class LogBook {
  readonly redactor: Redactor
  readonly #options: BookOptions
  readonly #json: JsonLines
  readonly #located: JsonLines
  readonly #context = new AsyncLocalStorage<LogFields>()
  readonly #departures = new Map<number, Disposable>()
  #hasContext = false
  #entries: readonly Entry[] = []
  #nextId = 0
  #level: Threshold = 'trace'
  /** What is below is thrown away by the logger itself. */
  threshold: number = Number.POSITIVE_INFINITY

  constructor(options: BookOptions) {
    this.redactor = options.redactor
    this.#options = options
    this.#json = new JsonLines(options.name)
    this.#located = new JsonLines(options.name, ['caller'])
  }

  get level(): Threshold {
    return this.#level
  }

  set level(level: Threshold) {
    severityFrom(level)
    this.#level = level
    this.#setThreshold()
  }

  /** No call of a logger throws, whatever it is given. */
  write(call: Call, message: string, fields: LogFields | undefined): void {
    try {
      this.#write(call, message, fields)
    } catch (error) {
      this.#options.onTrouble('a record could not be written', error)
    }
  }

  #write(call: Call, message: string, fields: LogFields | undefined): void {
    const { redactor, clock } = this.#options
    const said = {
      time: clock.now(),
      message: redactor.text(message),
      fields: fields === undefined ? undefined : redactor.fields(fields),
      context: this.#hasContext ? this.#context.getStore() : undefined,
    }
    const record = new PendingRecord(said, call)
    let json: string | undefined
    let located: string | undefined
    for (const entry of this.#entries) {
      if (record.severity < entry.severity || !this.#accepts(entry, record)) continue
      if (entry.location) located ??= this.#located.line(record, call.scope)
      else if (entry.text === undefined) json ??= this.#json.line(record, call.scope)
      entry.sink.write(this.#lineOf(entry, record, entry.location ? located : json), record)
    }
    record.end()
  }

  add(target: SinkTarget, options: FileSinkOptions): number {
    const id = this.#nextId
    const parts = entryParts(target, options)
    const { clock, onTrouble } = this.#options
    const lossLine = (lost: number, error: unknown): string => this.#lossLine(entry, lost, error)
    const sink = openSink(target, options, { clock, onTrouble, lossLine })
    const entry: Entry = { ...parts, id, sink }
    this.#nextId++
    this.#entries = [...this.#entries, entry]
    const { buffer, reopenOnSighup = false } = options
    if (isPath(target)) this.#attend(id, sink, { gathers: buffer !== undefined, reopens: reopenOnSighup })
    this.#setThreshold()
    return id
  }

  #attend(id: number, sink: Sink, options: LeaveOptions): void {
    const leaver = { flush: () => sink.flush(), reopen: () => sink.reopen?.() }
    this.#departures.set(id, beforeLeaving(leaver, options))
  }

  remove(id: number): void {
    const { sink } = this.#entry(id)
    this.#entries = this.#entries.filter((entry) => entry.id !== id)
    this.#setThreshold()
    this.#departures.get(id)?.[Symbol.dispose]()
    this.#departures.delete(id)
    sink.close()
  }

  removeAll(): void {
    for (const { id } of this.#entries) this.remove(id)
  }

  setLevel(id: number, level: Threshold): void {
    this.#entry(id).severity = severityFrom(level)
    this.#setThreshold()
  }

  reopen(): void {
    for (const { sink } of this.#entries) sink.reopen?.()
  }

  async drain(): Promise<void> {
    await Promise.all(this.#entries.map(({ sink }) => sink.drain()))
  }

  contextualize<Result>(fields: LogFields, task: () => Result): Result {
    this.#hasContext = true
    return this.#context.run({ ...this.#context.getStore(), ...this.redactor.fields(fields) }, task)
  }

  #entry(id: number): Entry {
    const entry = this.#entries.find((each) => each.id === id)
    if (entry === undefined) throw refusal('the id of a sink', 'one that add returned and that is there', id)
    return entry
  }

  #setThreshold(): void {
    const lowest = Math.min(Number.POSITIVE_INFINITY, ...this.#entries.map(({ severity }) => severity))
    this.threshold = Math.max(lowest, severityFrom(this.#level))
  }

  /** A filter that fails hides nothing. */
  #accepts({ filter }: Entry, record: PendingRecord): boolean {
    try {
      return filter?.(record) ?? true
    } catch (error) {
      this.#options.onTrouble('a filter failed', error)
      return true
    }
  }

  #lineOf({ text, location }: Entry, record: PendingRecord, json = ''): string {
    if (text === undefined) return location ? withCaller(json, record) : json
    try {
      return text(record)
    } catch (error) {
      this.#options.onTrouble('a format failed', error)
      return `${levels[record.level].text} ${record.message}\n`
    }
  }

  #lossLine(entry: Entry, lost: number, error: unknown): string {
    const { name, clock, redactor } = this.#options
    const scope: Scope = { name, bound: undefined, depth: 0 }
    const fields = redactor.fields({ lost, reason: reasonOf(error) })
    const message = `${lost} lines are missing here, because the file could not be written`
    const said = { time: clock.now(), message, fields, context: undefined }
    const record = new PendingRecord(said, { scope, level: 'warning', entry: undefined })
    return this.#lineOf(entry, record, entry.text === undefined ? this.#json.line(record, scope) : undefined)
  }
}

function withCaller(json: string, { caller }: PendingRecord): string {
  const { path, line, function: name } = caller
  return `${json.slice(0, -2)},"caller":${JSON.stringify({ file: path, line, function: name })}}\n`
}
