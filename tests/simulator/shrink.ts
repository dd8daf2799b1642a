import type { Action } from './actions.ts'
import type { Config } from './config.ts'
import type { Rule, Violation } from './rule.ts'
import { replay } from './simulation.ts'

/** A schedule that breaks a rule, and how. */
export interface Shrunk {
  readonly actions: readonly Action[]
  readonly violation: Violation
}

/**
 * Cuts a schedule down while it still breaks the same rule: takes chunks out, halving them until single actions cannot go
 * either (the ddmin algorithm of Zeller and Hildebrandt).
 */
export async function shrink(config: Config, actions: readonly Action[], violation: Violation): Promise<Shrunk> {
  let best: Shrunk = { actions, violation }
  let size = Math.ceil(actions.length / 2)
  while (size >= 1) {
    const smaller = await withoutOneChunk(config, best, size)
    if (smaller !== undefined) {
      best = smaller
      size = Math.min(size, Math.ceil(best.actions.length / 2))
    } else size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  return best
}

/** The schedule without as many chunks of this size as it can spare; nothing where it needs all of them. */
async function withoutOneChunk(config: Config, shrunk: Shrunk, size: number): Promise<Shrunk | undefined> {
  let best = shrunk
  for (let start = best.actions.length - size; start > -size; start -= size) {
    const from = Math.max(0, start)
    const rest = best.actions.toSpliced(from, Math.min(size, start + size))
    const violation = await breaking(config, rest, shrunk.violation.rule)
    if (violation !== undefined) best = { actions: rest, violation }
  }
  return best === shrunk ? undefined : best
}

async function breaking(config: Config, actions: readonly Action[], rule: Rule): Promise<Violation | undefined> {
  const violation = await replay(config, actions)
  return violation?.rule === rule ? violation : undefined
}
