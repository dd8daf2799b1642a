import { Scope } from './scope.ts'

/** What a task is told when it runs. */
export interface Execution {
  /** Aborts when the result is not wanted any more. It says nothing after the task has settled. */
  readonly signal: AbortSignal
  /** 1 for the first time that the task runs, 2 for its first retry. */
  readonly attempt: number
  /** What the policies count by: an origin, a user. */
  readonly key?: string | undefined
  /** When the result is of no use any more, as `Clock.elapsed()` tells time. */
  readonly deadline?: number | undefined
}

/** Something that can be tried, also more than once. */
export type Task<Result> = (execution: Execution) => Promise<Result>

/** Decides when, whether and how often a task runs. */
export type Policy<Result = unknown> = (task: Task<Result>, execution: Execution) => Promise<Result>

/** A policy that does not look at results, and so fits any task. */
export type AnyPolicy = <Result>(task: Task<Result>, execution: Execution) => Promise<Result>

/** Settings of `run`. */
export interface RunOptions {
  /** Gives the task up, also while it waits for its turn or its next attempt. */
  readonly signal?: AbortSignal | undefined
  /** What the policies count by. Default: all tasks count as one. */
  readonly key?: string | undefined
  /** When the result is of no use any more, as `elapsed()` of the policies' clock tells time. Default: never. */
  readonly deadline?: number | undefined
}

/** Puts policies around each other; the first is the outermost. */
export function stack(...policies: readonly AnyPolicy[]): AnyPolicy
export function stack<Result>(...policies: readonly Policy<Result>[]): Policy<Result>
export function stack(...policies: readonly AnyPolicy[]): AnyPolicy {
  return policies.reduceRight<AnyPolicy>(
    (inner, outer) => (task, execution) => outer((within) => inner(task, within), execution),
    (task, execution) => task(execution),
  )
}

/**
 * Runs a task under a policy, and rejects at once when the signal aborts.
 * @throws PosthouseError `aborted`, or what the policy or the task throws
 * @example
 * const policy = stack(timeout({ ms: 30_000, scope: 'total' }), retry({ attempts: 4 }), timeout({ ms: 5_000 }))
 * const answer = await run(policy, ({ signal }) => ask(question, signal), { signal: caller })
 */
export async function run<Result>(
  policy: Policy<Result>,
  task: Task<Result>,
  options: RunOptions = {},
): Promise<Result> {
  const { signal, key, deadline } = options
  const fields = { attempt: 1, key, deadline }
  if (signal === undefined) return policy(task, new Scope(fields))
  return new Scope(fields, { signal, attempt: 1 }).race((scope) => policy(task, scope))
}
