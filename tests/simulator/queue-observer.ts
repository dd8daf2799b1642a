import type { Batch, CommitOutcome } from '@posthouse/core'
import type { BadFrame, ClientFrame } from '@posthouse/protocol'
import type { Cable } from './cable.ts'
import { type Ground, type Observer, type Said, type Stored, storedBy } from './observer.ts'

/** How long a worker whose connection is lost keeps what it has, in milliseconds. */
export const leaseMs = 30_000

const prefix = 'queue:'

/** Who was given a message. */
interface Lease {
  readonly client: string
  readonly queue: string
  readonly id: string
  /** The connection of who has it, and that by which it was written last. */
  cable: Cable
  readonly writtenTo: Cable
  /** When the hub lost the connection. */
  lostAt: number | undefined
  /** The session may have ended. */
  doubtful: boolean
}

/** A message of a queue is with one worker at a time, and with somebody in the end. */
export class QueueObserver implements Observer {
  readonly #ground: Ground
  #stored: Stored[] = []
  readonly #leases = new Map<number, Lease>()
  /** The most that each worker has asked for, by client and queue. */
  readonly #prefetch = new Map<string, number>()

  /** Workers that have said that they leave, until the hub answers. */
  readonly #leaving = new Set<string>()
  readonly #parted = new WeakSet<Cable>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  /** True where something waits that nobody has handled. */
  get waiting(): boolean {
    return this.#unhandled() !== undefined
  }

  heard(cable: Cable, frame: ClientFrame | BadFrame): void {
    const { client } = cable
    if (frame.op === 'hello') for (const lease of this.#of(client)) lease.doubtful = true
    else if (frame.op === 'bye') {
      this.#release(client)
      this.#parted.add(cable)
    } else if (frame.op === 'unsubscribe') {
      this.#release(client, frame.to)
      this.#leaving.add(`${client} ${frame.to}`)
    } else if (frame.op === 'subscribe' && frame.to.startsWith(prefix)) {
      const place = `${client} ${frame.to}`
      this.#prefetch.set(place, Math.max(this.#prefetch.get(place) ?? 0, frame.prefetch ?? 1))
    } else if ((frame.op === 'ack' || frame.op === 'nack') && frame.stream?.startsWith(prefix)) {
      if (this.#leases.get(frame.seq)?.client === client) this.#leases.delete(frame.seq)
    }
  }

  said(cable: Cable, frame: Said): void {
    if (frame.op === 'welcome') this.#welcomed(cable, frame.resumed)
    else if (frame.op === 'unsubscribe') this.#leaving.delete(`${cable.client} ${frame.to}`)
    if (frame.op !== 'deliver' || frame.seq === undefined || !frame.stream?.startsWith(prefix)) return
    this.#given(cable, frame.stream, { seq: frame.seq, id: frame.id })
  }

  committed(batch: Batch, outcome: CommitOutcome): void {
    for (const { to, stored } of storedBy(batch, outcome)) if (to.startsWith(prefix)) this.#stored.push(stored)
  }

  lost(cable: Cable): void {
    for (const lease of this.#leases.values()) if (lease.cable === cable) lease.lostAt ??= this.#ground.now()
  }

  died(durable: boolean): void {
    this.#leases.clear()
    if (!durable) this.#stored = []
  }

  rested(): void {
    const lost = this.#unhandled()
    if (lost) this.#ground.fail('work is done', `${lost.id} (seq ${lost.seq}) came to no worker`)
  }

  #given(cable: Cable, queue: string, { seq, id }: { readonly seq: number; readonly id: string }): void {
    const { client } = cable
    // It was on its way when the worker left.
    if (this.#parted.has(cable) || this.#leaving.has(`${client} ${queue}`)) return
    const rule = 'work is with one worker at a time'
    const lease = this.#leases.get(seq)
    if (lease !== undefined && (lease.client === client ? lease.writtenTo === cable : this.#holds(lease))) {
      this.#ground.fail(rule, `${id} (seq ${seq}) goes to ${client} while ${lease.client} has it`)
    }
    this.#leases.set(seq, { client, queue, id, cable, writtenTo: cable, lostAt: undefined, doubtful: false })
    const held = this.#of(client).filter((each) => each.queue === queue && each.writtenTo === cable).length
    const most = this.#prefetch.get(`${client} ${queue}`) ?? 0
    if (held > most) this.#ground.fail('windows are kept', `${client} has ${held} of ${queue}, and asked for ${most}`)
  }

  #holds(lease: Lease): boolean {
    return !lease.doubtful && !this.#overdue(lease)
  }

  #overdue({ lostAt }: Lease): boolean {
    return lostAt !== undefined && this.#ground.now() - lostAt >= leaseMs
  }

  #welcomed(cable: Cable, resumed: boolean): void {
    if (!resumed) this.#release(cable.client)
    for (const place of this.#leaving) if (place.startsWith(`${cable.client} `)) this.#leaving.delete(place)
    for (const [seq, lease] of this.#leases) {
      if (lease.client !== cable.client) continue
      if (this.#overdue(lease)) this.#leases.delete(seq)
      lease.cable = cable
      lease.lostAt = undefined
      lease.doubtful = false
    }
  }

  #release(client: string, queue?: string): void {
    for (const [seq, lease] of this.#leases) {
      if (lease.client === client && (queue === undefined || lease.queue === queue)) this.#leases.delete(seq)
    }
  }

  #of(client: string): Lease[] {
    return [...this.#leases.values()].filter((lease) => lease.client === client)
  }

  #unhandled(): Stored | undefined {
    return this.#stored.find(
      ({ id, ...rest }) => !this.#ground.handled(id) && !this.#ground.excused('', { id, ...rest }),
    )
  }
}
