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
  // Before the newest position is asked for: what comes in between then lies before that, and is not passed over.
  const behind = last === undefined ? undefined : await store.behindLast(query, Math.min(last, mostLast))
  const { position, newest } = await store.inspect('')
  const { epoch } = position
  if (behind !== undefined) return { epoch, seq: behind, newest, gaps: [] }
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
