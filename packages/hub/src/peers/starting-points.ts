import type { Position } from '@posthouse/core'
import { type Gap, type HelloFrame, inboxStream, isQueueStream } from '@posthouse/protocol'
import type { ClientRecord } from '../clients/client-record.ts'
import type { V1Visit } from './v1-visit.ts'

/** What the store says when a client comes. */
export interface StoredPlace {
  /** Of the inbox. */
  readonly position: Position
  /** Of the streams that the session follows: up to where messages are not kept any more that it has not acknowledged. */
  readonly lost: ReadonlyMap<string, number>
}

/** Where the deliveries of each stream begin on a new connection, and what cannot be delivered any more. */
export interface StartingPoints {
  readonly positions: Readonly<Record<string, Position>>
  readonly gaps: readonly Gap[]
}

/**
 * Where to go on delivering: in each stream after the last acknowledged message, or after what the client says it has
 * processed since, as far as it can be true. Commits what it says. Spec: 3.4.4.
 */
export function startingPoints(
  visit: V1Visit,
  { position: stored, lost }: StoredPlace,
  hello: HelloFrame,
): StartingPoints {
  const { record, entry, resumed } = visit
  const { epoch } = stored
  const wishes = new Map(Object.entries(hello.resume?.positions ?? {}))
  const positions: Record<string, Position> = {}
  const begin = (stream: string, known: number): number => {
    const wish = wishes.get(stream)
    const claimed = resumed && wish?.epoch === epoch && !isQueueStream(stream) ? wish.seq : 0
    const seq = Math.max(known, Math.min(claimed, Math.max(entry.session.newest(stream), entry.sentBefore)))
    positions[stream] = { epoch, seq }
    return seq
  }
  const inbox = begin(inboxStream, stored.seq)
  if (inbox > stored.seq) {
    visit.parts.delivery.acknowledged(record, inbox)
    visit.parts.batcher.acknowledge(record.id, inbox)
  }
  const gaps: Gap[] = []
  for (const [stream, feed] of record.feeds.followed()) {
    const known = feed.position
    let seq = begin(stream, known)
    const to = lost.get(stream) ?? 0
    if (to > seq) {
      gaps.push({ stream, from: seq, to, reason: 'trimmed' })
      positions[stream] = { epoch, seq: to }
      seq = to
    }
    if (seq > known) feed.acknowledged(seq)
  }
  for (const [stream, wish] of wishes) {
    const to = positions[stream]?.seq ?? stored.seq
    if (wish.epoch !== epoch && !isQueueStream(stream)) gaps.push({ stream, from: 0, to, reason: 'epoch' })
  }
  return { positions, gaps }
}

/** Asks what is not kept any more of the streams that a client follows. */
export async function lostOf({ feeds }: ClientRecord): Promise<ReadonlyMap<string, number>> {
  const streams = [...feeds.followed()]
  const lost = await Promise.all(streams.map(async ([stream, feed]) => [stream, (await feed.lost?.()) ?? 0] as const))
  return new Map(lost)
}
