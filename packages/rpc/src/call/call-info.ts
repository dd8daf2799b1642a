import type { RunningCall } from './running-call.ts'

/** A call under way as it is shown to administrators. Its input is not. */
export interface CallInfo {
  readonly caller: string
  readonly requestId: string
  readonly procedure: string
  /** When it came in, in Unix milliseconds. */
  readonly at: number
  /** When nobody waits any more, in Unix milliseconds; nothing where that is never. */
  readonly deadline?: number | undefined
  /** How far it is, as its handler says. */
  readonly progress?: unknown
  /** Items made so far, where they are taken one by one. */
  readonly items?: number | undefined
}

export function callInfo(run: RunningCall): CallInfo {
  const { caller, requestId, procedure, at, deadline, lastProgress: progress, line } = run
  const until = Number.isFinite(deadline) ? deadline : undefined
  return { caller: caller.id, requestId, procedure, at, deadline: until, progress, items: line?.made }
}
