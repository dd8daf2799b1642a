import type { Clock } from '@posthouse/core'
import type { Answer } from '../call/answer.ts'
import type { CallDesk } from '../call/call-desk.ts'
import type { RunningCall, Watcher } from '../call/running-call.ts'
import type { CallRequest } from './call-request.ts'

/** How long an answer is waited for, and for which request. */
export interface Patience {
  readonly waitMs: number
  readonly request: CallRequest
}

/** What is waited with. */
interface Parts {
  readonly desk: CallDesk
  readonly clock: Clock
}

/** The answer to a call, at once where it is there, or nothing where it takes longer or the caller has gone. */
export function answerOf(
  parts: Parts,
  take: (watcher: Watcher) => RunningCall | undefined,
  patience: Patience,
): Answer | undefined | Promise<Answer | undefined> {
  const waiting = new Waiting()
  const run = take(waiting)
  return run === undefined || run.answer !== undefined
    ? waiting.answer
    : waitFor(run, waiting, { ...parts, ...patience })
}

async function waitFor(
  run: RunningCall,
  waiting: Waiting,
  { desk, clock, waitMs, request }: Parts & Patience,
): Promise<Answer | undefined> {
  if (waitMs > 0) await endOfTurn()
  // What was answered in this turn needs neither a timer nor an eye on the line.
  if (waiting.answer !== undefined) return waiting.answer
  const { promise, resolve: stop } = Promise.withResolvers<void>()
  const giveUp = (): void => stop()
  waiting.told = giveUp
  const { signal } = request
  signal?.addEventListener('abort', giveUp)
  if (signal?.aborted || waitMs === 0) giveUp()
  using _ = clock.after(waitMs, giveUp)
  try {
    await promise
    return waiting.answer
  } finally {
    signal?.removeEventListener('abort', giveUp)
    desk.leave(run, waiting)
  }
}

/** Somebody who waits for the answer to one request. */
class Waiting implements Watcher {
  answer: Answer | undefined
  /** Called once it is there. */
  told: (() => void) | undefined

  ended(answer: Answer): void {
    this.answer = answer
    this.told?.()
  }
}

/** Resolves when all has been done that was not waiting for anything else than promises. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
