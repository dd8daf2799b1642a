import { Buffer } from 'node:buffer'
import { type ErrorCode, PosthouseError, type ProducerPosition } from '@posthouse/core'
import { ByteReader } from './byte-reader.ts'
import type { Contents } from './contents.ts'
import { checksum, type Section } from './entry.ts'
import { readEnvelope } from './envelope-form.ts'
import { effect, flag, journalVersion, shelfFlag } from './journal-form.ts'

const checksumBytes = 4

/**
 * Does what a row of the journal says once more.
 * @throws PosthouseError `data_damaged` where it is not what was written
 */
export function replay(contents: Contents, row: Uint8Array, now: number): void {
  if (!isWhole(row)) throw damaged('its checksum is wrong')
  new Replay(contents, Buffer.from(row.buffer, row.byteOffset, row.byteLength - checksumBytes), now).run()
}

/** True for a row whose checksum is right. */
export function isWhole(row: Uint8Array): boolean {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const end = bytes.length - checksumBytes
  return end >= 1 && bytes.readUInt32LE(end) === checksum(bytes.subarray(0, end))
}

class Replay {
  readonly #contents: Contents
  readonly #reader: ByteReader
  readonly #section: Section
  readonly #now: number
  #seq = 0

  constructor(contents: Contents, bytes: Buffer, now: number) {
    this.#contents = contents
    this.#reader = new ByteReader(bytes)
    this.#section = { bytes }
    this.#now = now
  }

  run(): void {
    const reader = this.#reader
    if (reader.byte() !== journalVersion) throw damaged('its version is not known')
    this.#seq = reader.number()
    while (!reader.done) this.#effect(reader.byte())
    this.#contents.newest = Math.max(this.#contents.newest, this.#seq)
  }

  #effect(kind: number): void {
    const contents = this.#contents
    const reader = this.#reader
    if (kind === effect.deliver) this.#deliver()
    else if (kind === effect.acknowledge) contents.acknowledge(reader.text(), reader.number(), this.#now)
    else if (kind === effect.shelve) this.#shelve()
    else if (kind === effect.remove) contents.remove(reader.text(), reader.number(), this.#now)
    else if (kind === effect.unshelve) contents.unshelve(reader.number())
    else if (kind === effect.record) this.#record()
    else if (kind === effect.forget) contents.forget(reader.text(), this.#now)
    else if (kind === effect.refuse) this.#refuse()
    else if (kind === effect.accept) this.#accepted()
    else throw damaged(`it holds an unknown effect ${kind}`)
  }

  #deliver(): void {
    const { inboxes } = this.#contents
    const reader = this.#reader
    const flags = reader.byte()
    const bytes = reader.number()
    if (flags & flag.from) this.#accepted()
    const attempt = flags & flag.attempt ? reader.number() : 1
    if (flags & flag.takes) this.#contents.unshelve(reader.number())
    const log = flags & flag.log ? { messages: reader.float(), ageMs: reader.float() } : undefined
    const names = flags & flag.toSelf ? undefined : Array.from({ length: reader.number() }, () => reader.text())
    const start = reader.position
    const envelope = readEnvelope(reader)
    const recipients = (names ?? [envelope.to]).map((name) => inboxes.open(name, this.#now))
    const entry = {
      seq: ++this.#seq,
      attempt,
      expires: this.#contents.expiry(envelope),
      bytes,
      receipts: envelope.receipts === true,
      section: this.#section,
      start,
      end: reader.position,
    }
    const retain = flags & flag.keep ? 'keep' : flags & flag.clear ? 'clear' : undefined
    this.#contents.deliver(entry, recipients, { envelope, log, retain }, this.#now)
  }

  #shelve(): void {
    const reader = this.#reader
    const flags = reader.byte()
    const facts = { seq: ++this.#seq, bytes: reader.number(), attempt: reader.number(), at: reader.float() }
    if (flags & shelfFlag.from) this.#accepted()
    const shelved = {
      ...facts,
      ...(flags & shelfFlag.inbox && { inbox: reader.text() }),
      ...(flags & shelfFlag.dueAt && { dueAt: reader.float() }),
      // Written by this program, from the table of errors.
      ...(flags & shelfFlag.dead && { dead: reader.text() as ErrorCode }),
    }
    if (flags & shelfFlag.takes) this.#contents.unshelve(reader.number())
    const start = reader.position
    readEnvelope(reader)
    const end = reader.position
    const { seq, attempt, bytes } = shelved
    const entry = { seq, attempt, expires: 0, bytes, receipts: false, section: this.#section, start, end }
    this.#contents.shelve(shelved, entry)
  }

  #record(): void {
    const [kind, key] = [this.#reader.text(), this.#reader.text()]
    this.#contents.records.change(kind, key, this.#reader.byte() === 1 ? this.#reader.text() : undefined)
  }

  #refuse(): void {
    const { producer, n } = this.#from()
    // Written by this program, from the table of errors.
    this.#contents.producers.record(producer, n, this.#reader.text() as ErrorCode)
  }

  #accepted(): void {
    const { producer, n } = this.#from()
    this.#contents.producers.record(producer, n, undefined)
  }

  #from(): ProducerPosition {
    return { producer: this.#reader.text(), n: this.#reader.number() }
  }
}

function damaged(why: string): PosthouseError {
  return new PosthouseError('data_damaged', `the journal is damaged: ${why}`)
}
