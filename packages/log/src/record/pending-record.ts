import type { LogFields } from '@posthouse/core'
import { type LevelName, levels } from '../level.ts'
import { type DescribedError, isDescribedError } from '../redaction/described-error.ts'
import { type Caller, findCaller, unknownCaller } from './caller.ts'
import type { LogRecord } from './log-record.ts'
import type { Call } from './scope.ts'

/** What a log call says, cleaned. */
export interface Said {
  readonly time: number
  readonly message: string
  readonly fields: LogFields | undefined
  readonly context: LogFields | undefined
}

/** The record of a call that is under way. What only some formats ask for is made when they do. */
export class PendingRecord implements LogRecord {
  readonly time: number
  readonly level: LevelName
  readonly severity: number
  readonly message: string
  readonly name: string | undefined
  readonly #said: Said
  readonly #call: Call
  #extra: LogFields | undefined
  #caller: Caller | undefined
  #over = false

  constructor(said: Said, call: Call) {
    this.time = said.time
    this.level = call.level
    this.severity = levels[call.level].severity
    this.message = said.message
    this.name = call.scope.name
    this.#said = said
    this.#call = call
  }

  get extra(): LogFields {
    this.#extra ??= this.#merge()
    return this.#extra
  }

  /** The fields of the call, and nothing that `contextualize` added. */
  get fields(): LogFields | undefined {
    return this.#said.fields
  }

  /** Whether there is nothing of `contextualize` in it. */
  get isPlain(): boolean {
    return this.#said.context === undefined
  }

  get exception(): DescribedError | undefined {
    const { extra } = this
    for (const name in extra) {
      const value = extra[name]
      if (typeof value === 'object' && isDescribedError(value)) return value
    }
    return undefined
  }

  get caller(): Caller {
    this.#caller ??= this.#findCaller()
    return this.#caller
  }

  /** The call has returned: where it stands cannot be found out any more. */
  end(): void {
    this.#over = true
  }

  #findCaller(): Caller {
    const { entry, scope } = this.#call
    return this.#over || entry === undefined ? unknownCaller : findCaller(entry, scope.depth)
  }

  #merge(): LogFields {
    const { fields, context } = this.#said
    const { bound } = this.#call.scope
    if (context === undefined && bound === undefined) return fields ?? none
    if (context === undefined && fields === undefined) return bound ?? none
    return { ...context, ...bound, ...fields }
  }
}

const none: LogFields = {}
