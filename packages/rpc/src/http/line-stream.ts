import type { Clock } from '@posthouse/core'
import type { Belief } from '../access/belief.ts'
import { type Answer, failure } from '../call/answer.ts'
import type { CallDesk } from '../call/call-desk.ts'
import { type Addressed, responseText } from '../call/response.ts'
import type { RunningCall, Watcher } from '../call/running-call.ts'

/** So many items are made ahead of a reader. */
const ahead = 32
/** So often a line comes, so that nobody between takes the connection for dead, in milliseconds. */
const quietMs = 15_000

/** Where a stream of lines comes from. */
export interface LineSource {
  readonly desk: CallDesk
  readonly clock: Clock
  /** Who takes the lines, which may have no right to that any more. */
  readonly belief: Belief
  readonly call: Addressed
  readonly from: number
  /** Takes the call with a watcher. */
  readonly take: (watcher: Watcher) => RunningCall | undefined
}

/** A call as lines of JSON: items, how far it is, and last the response. Whoever reads slowly has it made slowly. */
export async function* lineStream({ desk, clock, belief, call, from, take }: LineSource): AsyncGenerator<string> {
  const lines: string[] = []
  let wake: () => void = () => undefined
  let over = false
  const say = (line: string): void => {
    lines.push(line)
    wake()
  }
  const watcher: Watcher = {
    ended: (answer: Answer) => {
      over = true
      say(responseText(call, answer, true))
    },
    progress: (progress) => {
      // Whoever reads slowly wants to know how far it is by then.
      if (lines.at(-1)?.startsWith('{"progress":')) lines.pop()
      say(JSON.stringify({ progress }))
    },
    item: (n, item) => say(JSON.stringify({ n, item })),
  }
  const run = take(watcher)
  try {
    for (let sent = from; ; ) {
      await belief.hold()
      const line = lines.shift()
      if (line !== undefined) {
        yield `${line}\n`
        if (run !== undefined && line.startsWith('{"n":')) desk.grant(run, ++sent + ahead)
      } else if (over) return
      else if (await quiet()) yield '\n'
    }
  } catch (error) {
    yield `${responseText(call, failure(error), true)}\n`
  } finally {
    if (!over && run !== undefined) desk.leave(run, watcher)
  }

  /** True where nothing came for a while. */
  async function quiet(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    wake = () => resolve(false)
    using _ = clock.after(quietMs, () => resolve(true))
    return await promise
  }
}

/** So many items a stream of lines has room for at its beginning. */
export const firstItems: number = ahead
