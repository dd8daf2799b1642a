import type { Buffer } from 'node:buffer'
import type { Delivery, Envelope, ProducerPosition } from '@posthouse/core'
import type { ByteWriter } from './byte-writer.ts'
import { checksum } from './entry.ts'
import { writeEnvelope } from './envelope-form.ts'
import type { Shelved } from './shelf.ts'

/** The version of what is below. A reader knows all before it. */
export const journalVersion = 1

// What is below is on disks: further kinds and flags may come, none may change.
export const effect = {
  forget: 1,
  acknowledge: 2,
  remove: 3,
  unshelve: 4,
  record: 5,
  deliver: 6,
  shelve: 7,
  refuse: 8,
  accept: 9,
} as const
export const flag = { from: 1, toSelf: 2, attempt: 4, takes: 8, log: 16, keep: 32, clear: 64 } as const
export const shelfFlag = { from: 1, inbox: 2, dueAt: 4, dead: 8, takes: 16 } as const

/** A part of a row. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What came onto the shelf, as decided. */
export interface PutOnShelf {
  readonly envelope: Envelope
  readonly shelved: Shelved
  readonly from?: ProducerPosition | undefined
  readonly takes?: number | undefined
}

/** Writes what one commit does as one row of the journal: a head, effects in their order, a checksum. */
export class JournalRow {
  readonly #writer: ByteWriter
  #empty = true

  constructor(writer: ByteWriter) {
    this.#writer = writer
  }

  /** True while it says nothing. */
  get empty(): boolean {
    return this.#empty
  }

  /** Begins a row behind position `newest`. */
  begin(newest: number): void {
    this.#writer.begin()
    this.#writer.byte(journalVersion)
    this.#writer.number(newest)
    this.#empty = true
  }

  forget(name: string): void {
    this.#effect(effect.forget)
    this.#writer.text(name)
  }

  acknowledge(name: string, seq: number): void {
    this.#effect(effect.acknowledge)
    this.#writer.text(name)
    this.#writer.number(seq)
  }

  remove(name: string, seq: number): void {
    this.#effect(effect.remove)
    this.#writer.text(name)
    this.#writer.number(seq)
  }

  unshelve(seq: number): void {
    this.#effect(effect.unshelve)
    this.#writer.number(seq)
  }

  /** @param text JSON; without it the record is removed */
  record(kind: string, key: string, text: string | undefined): void {
    this.#effect(effect.record)
    this.#writer.text(kind)
    this.#writer.text(key)
    this.#writer.byte(text === undefined ? 0 : 1)
    if (text !== undefined) this.#writer.text(text)
  }

  /**
   * @param inboxes those that it went into
   * @returns where its envelope lies in the row
   */
  deliver(delivery: Delivery, bytes: number, inboxes: readonly { readonly name: string }[]): Span {
    const writer = this.#writer
    const { envelope, from, attempt = 1, takes, log, retain } = delivery
    this.#effect(effect.deliver)
    const toSelf = inboxes.length === 1 && inboxes[0]?.name === envelope.to
    writer.byte(
      (from ? flag.from : 0) |
        (toSelf ? flag.toSelf : 0) |
        (attempt === 1 ? 0 : flag.attempt) |
        (takes === undefined ? 0 : flag.takes) |
        (log ? flag.log : 0) |
        (retain ? flag[retain] : 0),
    )
    writer.number(bytes)
    if (from) this.#from(from)
    if (attempt !== 1) writer.number(attempt)
    if (takes !== undefined) writer.number(takes)
    if (log) {
      writer.float(log.messages)
      writer.float(log.ageMs)
    }
    if (!toSelf) {
      writer.number(inboxes.length)
      for (const { name } of inboxes) writer.text(name)
    }
    return this.#envelope(envelope)
  }

  /** @returns where its envelope lies in the row */
  shelve({ envelope, shelved, from, takes }: PutOnShelf): Span {
    const writer = this.#writer
    const { inbox, dueAt, dead, bytes, attempt, at } = shelved
    this.#effect(effect.shelve)
    writer.byte(
      (from ? shelfFlag.from : 0) |
        (inbox === undefined ? 0 : shelfFlag.inbox) |
        (dueAt === undefined ? 0 : shelfFlag.dueAt) |
        (dead === undefined ? 0 : shelfFlag.dead) |
        (takes === undefined ? 0 : shelfFlag.takes),
    )
    writer.number(bytes)
    writer.number(attempt)
    writer.float(at)
    if (from) this.#from(from)
    if (inbox !== undefined) writer.text(inbox)
    if (dueAt !== undefined) writer.float(dueAt)
    if (dead !== undefined) writer.text(dead)
    if (takes !== undefined) writer.number(takes)
    return this.#envelope(envelope)
  }

  accept(from: ProducerPosition): void {
    this.#effect(effect.accept)
    this.#from(from)
  }

  refuse(from: ProducerPosition, code: string): void {
    this.#effect(effect.refuse)
    this.#from(from)
    this.#writer.text(code)
  }

  finish(): Buffer {
    this.#writer.word(checksum(this.#writer.written()))
    return this.#writer.finish()
  }

  #effect(kind: number): void {
    this.#empty = false
    this.#writer.byte(kind)
  }

  #from({ producer, n }: ProducerPosition): void {
    this.#writer.text(producer)
    this.#writer.number(n)
  }

  #envelope(envelope: Envelope): Span {
    const start = this.#writer.position
    writeEnvelope(this.#writer, envelope)
    return { start, end: this.#writer.position }
  }
}
