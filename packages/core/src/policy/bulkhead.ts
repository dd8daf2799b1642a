import { type Clock, systemClock } from '../clock.ts'
import { PosthouseError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { aboveZero, aClock, aFunction, type Rules, wholeFrom } from '../options/rules.ts'
import { type KeyOf, keyOfExecution } from './key-of.ts'
import { PerKey } from './per-key.ts'
import type { AnyPolicy, Execution } from './policy.ts'
import { WaitingLine } from './waiting-line.ts'

/** A task that was not let in. */
export interface RefusalNotice {
  readonly key: string
  /** `full` where as many wait as may, `time` where it could not go on in time. */
  readonly reason: 'full' | 'time'
}

/** A task that had to wait before it could go on. */
export interface WaitNotice {
  readonly key: string
  /** How long it waited, in milliseconds. */
  readonly waitedMs: number
}

/** Settings of `bulkhead`. */
export interface BulkheadOptions {
  /** Tasks under way at most, for each key. */
  readonly limit: number
  /** Tasks that may wait, for each key. Default 0: what comes above the limit is refused. */
  readonly queue?: number | undefined
  /** How long a task may wait, in milliseconds. Default: until its deadline. */
  readonly maxWaitMs?: number | undefined
  /** What counts as one. Default: the key of the execution. */
  readonly keyOf?: KeyOf | undefined
  /** Keys that are remembered while nothing of them is under way. Default 1,000. */
  readonly maxKeys?: number | undefined
  readonly onRefuse?: ((notice: RefusalNotice) => void) | undefined
  readonly onWaited?: ((notice: WaitNotice) => void) | undefined
  readonly clock?: Clock | undefined
}

const rules: Rules<BulkheadOptions> = {
  limit: wholeFrom(1),
  queue: wholeFrom(0),
  maxWaitMs: aboveZero,
  keyOf: aFunction,
  maxKeys: wholeFrom(1),
  onRefuse: aFunction,
  onWaited: aFunction,
  clock: aClock,
}

interface Cell {
  active: number
  readonly line: WaitingLine
}

/**
 * Lets only so many tasks run at once; others wait, first come, first served, or are refused. A task that was given up
 * counts until it has really ended.
 * @throws PosthouseError `invalid_option`; its tasks reject with `bulkhead_full`
 * @example
 * bulkhead({ limit: 10, queue: 100, maxWaitMs: 5_000 })
 */
export function bulkhead(options: BulkheadOptions): AnyPolicy {
  checkOptions('bulkhead', options, rules, ['limit'])
  const { limit, queue = 0, maxWaitMs = Number.POSITIVE_INFINITY, maxKeys = 1000 } = options
  const { keyOf = keyOfExecution, onRefuse, onWaited, clock = systemClock } = options
  const cells = new PerKey<Cell>({
    create: () => ({ active: 0, line: new WaitingLine({ clock }) }),
    isIdle: ({ active }) => active === 0,
    maxKeys,
  })
  return async (task, execution) => {
    const key = keyOf(execution)
    const cell = cells.of(key)
    const waitedMs = cell.active < limit ? undefined : await placeIn(cell, execution)
    // Whoever waited was handed the place of one that left, so that nobody who came later could take it.
    if (waitedMs === undefined) cell.active++
    try {
      if (waitedMs !== undefined) onWaited?.({ key, waitedMs })
      return await task(execution)
    } finally {
      if (!cell.line.next()) cell.active--
    }
  }

  /** How long it had to wait, in milliseconds. */
  async function placeIn(cell: Cell, execution: Execution): Promise<number> {
    const { active, line } = cell
    if (line.length >= queue) refuse(execution, 'full', `${active} tasks are under way and ${line.length} wait`)
    const since = clock.elapsed()
    const isIn = await line.wait(execution, maxWaitMs)
    const waitedMs = clock.elapsed() - since
    if (!isIn) refuse(execution, 'time', `none of ${cell.active} tasks ended within ${waitedMs} ms`)
    return waitedMs
  }

  function refuse(execution: Execution, reason: RefusalNotice['reason'], message: string): never {
    onRefuse?.({ key: keyOf(execution), reason })
    throw new PosthouseError('bulkhead_full', message)
  }
}
