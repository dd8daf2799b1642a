import { type ErrorCode, isPosthouseError } from '@posthouse/core'
import type { Answer } from './answer.ts'

/** What calls of a procedure came to, since the start. */
export interface ProcedureStats {
  readonly procedure: string
  /** How often: `ok`, `remembered` for an answer that was given before, or the code of a failure. */
  readonly outcomes: Readonly<Record<string, number>>
}

interface Count {
  times: number
}

/** Counts what calls come to. */
export class CallTally {
  readonly #isKnown: (procedure: string) => boolean
  readonly #outcomes = new Map<string, Map<string, Count>>()
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
    const outcome = remembered ? 'remembered' : (answer.code ?? 'ok')
    const count = this.#outcomes.get(name)?.get(outcome)
    if (count === undefined) this.#begin(name, outcome)
    else count.times++
  }

  /** By name; under the empty name those that no procedure has. */
  procedures(): readonly ProcedureStats[] {
    return [...this.#outcomes].map(([procedure, outcomes]) => ({
      procedure,
      outcomes: Object.fromEntries([...outcomes].map(([outcome, { times }]) => [outcome, times])),
    }))
  }

  #begin(name: string, outcome: string): void {
    const outcomes = this.#outcomes.get(name) ?? new Map<string, Count>()
    this.#outcomes.set(name, outcomes.set(outcome, { times: 1 }))
  }

  refusals(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.#refused)
  }
}
