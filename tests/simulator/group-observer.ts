import type { Batch, CommitOutcome } from '@posthouse/core'
import type { BadFrame, ClientFrame } from '@posthouse/protocol'
import type { Cable } from './cable.ts'
import { answerIn, type Ground, type Observer, type Said, storedBy } from './observer.ts'

const prefix = 'group:'

/** What is sent to a group goes to all who were known to be its members when it came. */
export class GroupObserver implements Observer {
  readonly #ground: Ground
  /** Who is surely a member of a group now. */
  readonly #members = new Map<string, Set<string>>()
  /** How often a client has said that it leaves a group. */
  readonly #leaves = new Map<string, number>()
  /** Questions to join, and how often the asker had left by then. */
  readonly #joins = new Map<Cable, Map<string, number>>()
  /** Members when a message came first, by its producer and number. */
  readonly #due = new Map<string, Set<string>>()
  readonly #producers = new Map<Cable, string>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  heard(cable: Cable, frame: ClientFrame | BadFrame): void {
    const { client } = cable
    if (frame.op === 'hello') this.#producers.set(cable, `${client}\n${frame.producer}`)
    else if (frame.op === 'leave') {
      this.#members.get(frame.to)?.delete(client)
      this.#leaves.set(`${frame.to} ${client}`, this.#left(frame.to, client) + 1)
      for (const members of this.#due.values()) members.delete(`${frame.to} ${client}`)
    } else if (frame.op === 'join') {
      const asked = this.#joins.get(cable) ?? new Map<string, number>()
      this.#joins.set(cable, asked.set(frame.id, this.#left(frame.to, client)))
    } else if (frame.op === 'send' && frame.n !== undefined && frame.to.startsWith(prefix)) {
      const key = `${this.#producers.get(cable)} ${frame.n}`
      const members = [...(this.#members.get(frame.to) ?? [])].filter((member) => member !== client)
      if (!this.#due.has(key)) this.#due.set(key, new Set(members.map((member) => `${frame.to} ${member}`)))
    }
  }

  said(cable: Cable, frame: Said): void {
    const answer = answerIn(frame)
    if (answer?.op !== 'join') return
    const { id, to } = answer
    if (this.#joins.get(cable)?.get(id) !== this.#left(to, cable.client)) return
    this.#members.set(to, (this.#members.get(to) ?? new Set()).add(cable.client))
  }

  committed(batch: Batch, outcome: CommitOutcome): void {
    for (const { append, to, stored, full } of storedBy(batch, outcome)) {
      const due = append.from && this.#due.get(`${append.from.producer} ${append.from.n}`)
      for (const place of due ?? []) {
        const member = place.slice(to.length + 1)
        if (!append.recipients.includes(member) && !full.includes(member)) {
          this.#ground.fail('a group reaches its members', `${stored.id} to ${to} is not for ${member}`)
        }
      }
    }
  }

  lost(): void {
    // Who is a member does not depend on connections.
  }

  died(durable: boolean): void {
    this.#joins.clear()
    if (durable) return
    this.#members.clear()
    this.#due.clear()
  }

  rested(): void {
    // What members have not handled lies in their inboxes, which others look at.
  }

  #left(group: string, client: string): number {
    return this.#leaves.get(`${group} ${client}`) ?? 0
  }
}
