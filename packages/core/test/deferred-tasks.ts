import type { ManualClock } from '@posthouse/core'
import type { Execution, Task } from '@posthouse/core/policy'

/** A task whose runs end when the test says so. */
export interface DeferredTask<Result> {
  readonly task: Task<Result>
  /** What each run was told. */
  readonly told: Execution[]
  /** Ends the run with this number, counted from 0. */
  end(run: number, outcome: Result | Error): void
}

/** Makes a task that ends only when the test says so, and does not listen to its signal. */
export function deferredTask<Result>(): DeferredTask<Result> {
  const runs: PromiseWithResolvers<Result>[] = []
  const told: Execution[] = []
  return {
    told,
    task: (execution) => {
      const run = Promise.withResolvers<Result>()
      told.push(execution)
      runs.push(run)
      return run.promise
    },
    end: (run, outcome) => {
      if (outcome instanceof Error) runs[run]?.reject(outcome)
      else runs[run]?.resolve(outcome)
    },
  }
}

/** A task that comes to each of these in turn, and to the last one for ever; `ran` has the attempt of each run. */
export function scriptedTask<Result>(...outcomes: (Result | Error)[]): Task<Result> & { readonly ran: number[] } {
  const ran: number[] = []
  const task = async ({ attempt }: Execution): Promise<Result> => {
    const outcome = outcomes[Math.min(ran.push(attempt), outcomes.length) - 1]
    if (outcome instanceof Error) throw outcome
    return outcome as Result
  }
  return Object.assign(task, { ran })
}

/** Lets whatever waits for nothing but its turn go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve()
}

/** Moves the clock on, millisecond by millisecond, so that whoever wakes up sees the time for which it asked. */
export async function moveOn(clock: ManualClock, ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    clock.advance(1)
    await settle()
  }
}

/** Moves the clock on, step by step, until the run has ended. */
export async function finish<Result>(running: Promise<Result>, clock: ManualClock, stepMs = 100): Promise<Result> {
  let ended = false
  const end = (): void => {
    ended = true
  }
  running.then(end, end)
  for (let i = 0; i < 10_000 && !ended; i++) {
    await settle()
    if (!ended) clock.advance(stepMs)
  }
  return running
}
