import type { LogFields } from '@posthouse/core'
import type { LevelName } from '../level.ts'
import type { DescribedError } from '../redaction/described-error.ts'
import type { Caller } from './caller.ts'

/** One thing that is logged, cleaned of secrets: what filters, formats and function sinks are given. */
export interface LogRecord {
  /** Unix milliseconds. */
  readonly time: number
  readonly level: LevelName
  readonly severity: number
  readonly message: string
  /** The fields of the call, of `bind` and of `contextualize` in one; the first of them wins. */
  readonly extra: LogFields
  /** The first error among the fields. */
  readonly exception: DescribedError | undefined
  /** The name of the logger. */
  readonly name: string | undefined
  /** Where the call stands. It costs microseconds, so it is looked for when somebody asks, while the call lasts. */
  readonly caller: Caller
}
