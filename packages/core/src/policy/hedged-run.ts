import type { Clock, Timer } from '../clock.ts'
import { PosthouseError } from '../errors.ts'
import { type Outcome, resultOf } from './outcome.ts'
import type { Execution, Task } from './policy.ts'
import { Scope } from './scope.ts'

/** Settings of `HedgedRun`. */
export interface HedgedRunOptions<Result> {
  readonly task: Task<Result>
  readonly execution: Execution
  readonly delayMs: number
  readonly mayHedge: (hedge: number) => boolean
  readonly isAnswer: (result: Result) => boolean
  readonly discard: ((result: Result) => void) | undefined
  readonly clock: Clock
}

/** Attempts of one task side by side, until one of them answers. */
export class HedgedRun<Result> {
  readonly #options: HedgedRunOptions<Result>
  readonly #underWay = new Set<Scope>()
  readonly #answer = Promise.withResolvers<Outcome<Result>>()
  #begun = 0
  #timer: Timer | undefined
  #over = false

  constructor(options: HedgedRunOptions<Result>) {
    this.#options = options
  }

  async answer(): Promise<Result> {
    this.#begin()
    return resultOf(await this.#answer.promise)
  }

  #begin(): void {
    const { execution, delayMs, clock } = this.#options
    const scope = new Scope(execution, execution)
    this.#underWay.add(scope)
    this.#begun++
    this.#timer = clock.after(delayMs, () => this.#hedge())
    scope.race((within) => this.#attempt(within, scope)).catch((error: unknown) => this.#take({ error }, scope))
  }

  #hedge(): void {
    try {
      if (this.#options.mayHedge(this.#begun)) this.#begin()
    } catch (error) {
      this.#end({ error })
    }
  }

  /** Takes the result before the scope can be aborted, so that none is lost that has to be discarded. */
  async #attempt(within: Execution, scope: Scope): Promise<void> {
    this.#take({ result: await this.#options.task(within) }, scope)
  }

  #take(outcome: Outcome<Result>, scope: Scope): void {
    const { isAnswer, discard } = this.#options
    this.#underWay.delete(scope)
    if ('error' in outcome) {
      if (this.#underWay.size === 0) this.#end(outcome)
    } else if (this.#over || (this.#underWay.size > 0 && !isAnswer(outcome.result))) discard?.(outcome.result)
    else this.#end(outcome)
  }

  #end(outcome: Outcome<Result>): void {
    this.#over = true
    this.#timer?.[Symbol.dispose]()
    for (const scope of this.#underWay) scope.abort(new PosthouseError('aborted', 'another attempt answered first'))
    this.#answer.resolve(outcome)
  }
}
