import { type ErrorCode, isPosthouseError } from '@posthouse/core'
import type { Answer } from './answer.ts'

/** What calls of a procedure came to, since the start. */
export interface ProcedureStats {
  readonly procedure: string
  /** How often: `ok`, `remembered` for an answer that was given before, or the code of a failure. */
  readonly outcomes: Readonly<Record<string, number>>
}

/** Counts what calls come to. */
export class CallTally {
  readonly #isKnown: (procedure: string) => boolean
  readonly #outcomes = new Map<string, Map<string, number>>()
  readonly #refused = new Map<ErrorCode, number>()

  /** @param isKnown what callers name and nobody has is not counted by its name: there would be no end of names */
  constructor(isKnown: (procedure: string) => boolean) {
    this.#isKnown = isKnown
  }

  /** A call was not let in. */
  refused(error: unknown): void {
    const code = isPosthouseError(error) ? error.code : 'internal'
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
  }

  /** A call has its answer. */
  ended(procedure: string, answer: Pick<Answer, 'ok'> & { readonly code?: ErrorCode }, remembered = false): void {
    const name = this.#isKnown(procedure) ? procedure : ''
    const outcomes = this.#outcomes.get(name) ?? new Map<string, number>()
    this.#outcomes.set(name, outcomes)
    const outcome = remembered ? 'remembered' : (answer.code ?? 'ok')
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }

  /** By name; under the empty name those that no procedure has. */
  procedures(): readonly ProcedureStats[] {
    return [...this.#outcomes].map(([procedure, outcomes]) => ({ procedure, outcomes: Object.fromEntries(outcomes) }))
  }

  refusals(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.#refused)
  }
}
