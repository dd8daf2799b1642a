import type { LogFields } from '@posthouse/core'
import type { LevelName } from '../level.ts'
import type { EntryPoint } from './caller.ts'

/** What one logger adds to its calls. */
export interface Scope {
  readonly name: string | undefined
  /** Fields of `bind`, cleaned. */
  readonly bound: LogFields | undefined
  /** How many callers of this logger's callers are skipped. */
  readonly depth: number
}

/** One call of a logger. */
export interface Call {
  readonly scope: Scope
  readonly level: LevelName
  /** The method that was called; nothing where a logger writes by itself. */
  readonly entry: EntryPoint | undefined
}
