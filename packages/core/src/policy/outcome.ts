import type { Execution, Task } from './policy.ts'

/** What a task came to: an error or a result. */
export type Outcome<Result = unknown> = { readonly error: unknown } | { readonly result: Result }

/** Runs a task and never rejects. */
export async function outcomeOf<Result>(task: Task<Result>, execution: Execution): Promise<Outcome<Result>> {
  try {
    return { result: await task(execution) }
  } catch (error) {
    return { error }
  }
}

/** The result; an error is thrown. */
export function resultOf<Result>(outcome: Outcome<Result>): Result {
  if ('error' in outcome) throw outcome.error
  return outcome.result
}
