import type { Life } from './life.ts'

/** What was seen on one cable. */
export interface CableRecord {
  producer: string
  life: Life
  hello: boolean
  /** A newer connection of the same client has said hello. */
  fenced: boolean
  /** Positions that the hub wrote, and those that reached the client, with the message. */
  readonly written: Map<string, number[]>
  readonly arrived: Map<string, Map<number, string>>
  readonly lastAck: Map<string, number>
  lastSent: number
  /** Sends that reached the hub and have no answer on this cable. */
  readonly open: Set<number>
  /** Sends that the client wrote and has had no answer to. */
  flying: Set<number>
  expectResumed: boolean | undefined
  epoch: string | undefined
}

/** What is known of a cable when it is opened. */
export function cableRecord(life: Life): CableRecord {
  return {
    producer: '',
    life,
    hello: false,
    fenced: false,
    written: new Map(),
    arrived: new Map(),
    lastAck: new Map(),
    lastSent: 0,
    open: new Set(),
    flying: new Set(),
    expectResumed: undefined,
    epoch: undefined,
  }
}

/** What has arrived of a stream. */
export function listed(arrived: Map<string, Map<number, string>>, stream: string): Map<number, string> {
  const known = arrived.get(stream) ?? new Map<number, string>()
  arrived.set(stream, known)
  return known
}

/** Forgets the position of what was given back. */
export function removeFrom(seqs: number[] | undefined, seq: number): void {
  const index = seqs?.indexOf(seq) ?? -1
  if (index >= 0) seqs?.splice(index, 1)
}
