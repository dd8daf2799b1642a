import type { Batch, CommitOutcome } from '@posthouse/core'
import type { BadFrame, ClientFrame, HubFrame, MembershipAnswer } from '@posthouse/protocol'
import type { Cable } from './cable.ts'
import type { Rule } from './rule.ts'

/** A frame as the hub has written it. */
export type Said = HubFrame | BadFrame

/** What an observer can ask. */
export interface Ground {
  /** By the hub's clock, which other clocks may be ahead of. */
  now(): number
  fail(rule: Rule, detail: string): void
  /** True where a message need not come: it has expired, was handled, or the client's dialect has no words for it. */
  excused(client: string, message: Stored): boolean
  /** True where any client has handled it. */
  handled(id: string): boolean
}

/** A message as the store was seen to take it. */
export interface Stored {
  readonly seq: number
  readonly id: string
  readonly expiresAt: number
}

/** Sees a part of what is said and stored, and compares it with what the protocol promises. */
export interface Observer {
  /** The hub hears a frame of a connection that was not replaced. */
  heard(cable: Cable, frame: ClientFrame | BadFrame): void
  /** The hub writes a frame. */
  said(cable: Cable, frame: Said): void
  /** The store has taken a batch. */
  committed(batch: Batch, outcome: CommitOutcome): void
  /** The hub has lost a connection, or closed it. */
  lost(cable: Cable): void
  /** The hub has died. */
  died(durable: boolean): void
  /** Everything is at rest, with everyone there. */
  rested(): void
}

/** The messages of a batch that were stored, each with what it was. */
export function* storedBy({ appends }: Batch, outcome: CommitOutcome) {
  for (const [index, append] of appends.entries()) {
    const result = outcome.appends[index]
    if (result?.state !== 'stored' || !('recipients' in append)) continue
    const { id, to, expiresAt = Number.POSITIVE_INFINITY } = append.envelope
    yield { append, to, stored: { seq: result.seq, id, expiresAt }, full: result.full }
  }
}

/** The answer to a question about groups, channels and queues, if it is one. */
export function answerIn(frame: Said): MembershipAnswer | undefined {
  return frame.op === 'join' || frame.op === 'leave' || frame.op === 'subscribe' || frame.op === 'unsubscribe'
    ? frame
    : undefined
}
