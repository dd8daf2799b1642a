import type { LogFields } from '@posthouse/core'

/** What one logger adds to its calls. */
export interface Scope {
  readonly name: string | undefined
  /** Fields of `bind`, cleaned. */
  readonly bound: LogFields | undefined
  /** How many callers of this logger's callers are skipped. */
  readonly depth: number
}
