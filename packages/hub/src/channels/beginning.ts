import type { InboxStore, LogQuery, Position } from '@posthouse/core'
import type { Gap, SubscribeFrame } from '@posthouse/protocol'

/** Most messages that a subscription begins with. Spec: 4.7.6. */
const mostLast = 1000

/** Where a subscription is to begin. */
export interface Beginning {
  readonly epoch: string
  readonly seq: number
  /** The last position that there was when it was asked for. */
  readonly newest: number
  readonly gaps: readonly Gap[]
}

/** Works out where a subscription to what `query` means is to begin. */
export async function beginningOf(
  { to, after, last }: Pick<SubscribeFrame, 'to' | 'after' | 'last'>,
  store: InboxStore,
  query: LogQuery,
): Promise<Beginning> {
  const { position, newest } = await store.inspect('')
  const { epoch } = position
  if (last !== undefined) {
    const seq = await behindLast({ store, query, newest }, Math.min(last, mostLast))
    return { epoch, seq, newest, gaps: [] }
  }
  if (after === undefined) return { epoch, seq: newest, newest, gaps: [] }
  if (after === 'start') return { epoch, seq: 0, newest, gaps: [] }
  return { newest, ...goingOn(to, after, { epoch, seq: newest }) }
}

function goingOn(stream: string, after: Position, { epoch, seq: newest }: Position): Omit<Beginning, 'newest'> {
  // A position of another epoch says nothing in this one, where nothing is missing. Spec: 3.4.6, 3.4.7.
  if (after.epoch !== epoch) return { epoch, seq: 0, gaps: [{ stream, from: 0, to: 0, reason: 'epoch' }] }
  const seq = Math.min(after.seq, newest)
  return { epoch, seq, gaps: [] }
}

/** The position behind which the last `count` of what `query` means lie, or all where there are fewer. */
async function behindLast(
  { store, query, newest }: { readonly store: InboxStore; readonly query: LogQuery; readonly newest: number },
  count: number,
): Promise<number> {
  const behind = async (seq: number): Promise<number> => {
    const { entries } = await store.readLog(query, seq, count + 1)
    return entries.filter((entry) => entry.seq <= newest).length
  }
  // More than enough lies behind `low`, and too little behind `high`.
  let high = newest
  let low = newest
  for (let step = count; low > 0; step *= 2) {
    low = Math.max(0, newest - step)
    const found = await behind(low)
    if (found === count || (found < count && low === 0)) return low
    if (found > count) break
    high = low
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2)
    const found = await behind(middle)
    if (found === count) return middle
    if (found > count) low = middle
    else high = middle
  }
  return high
}
