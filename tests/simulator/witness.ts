import {
  type Append,
  type AppendOutcome,
  type Batch,
  type CommitOutcome,
  cursorName,
  type Delivery,
  type Message,
} from '@posthouse/core'
import type {
  AckFrame,
  BadFrame,
  ClientFrame,
  DeliverFrame,
  Gap,
  HelloFrame,
  HubFrame,
  Limits,
  SentFrame,
  UnsubscribeFrame,
  WelcomeFrame,
} from '@posthouse/protocol'
import { inboxStream, isQueueStream } from '@posthouse/protocol'
import type { Cable } from './cable.ts'
import { type CableRecord, cableRecord, listed, removeFrom } from './cable-record.ts'
import { ChannelObserver } from './channel-observer.ts'
import { GroupObserver } from './group-observer.ts'
import { KeptSessions } from './kept-sessions.ts'
import type { Letter, Life } from './life.ts'
import type { Observer, Said } from './observer.ts'
import { QueueObserver } from './queue-observer.ts'
import type { Rule, Violation } from './rule.ts'
import { isOwn, logStream, ownerOf, placeOf, streamOf } from './streams.ts'

/** One entry of an inbox as the store was seen to take it. */
interface Entry {
  readonly seq: number
  readonly id: string
  readonly expiresAt: number
  acknowledged: boolean
}

/** A session that a client was welcomed to. */
interface KnownSession {
  readonly id: string
  readonly token: string
  readonly seenAt: number
  readonly sure: boolean
}

/** Sees everything that is said and stored, and compares it with what the protocol promises. */
export class Witness {
  readonly queues: QueueObserver
  readonly #observers: readonly Observer[]
  readonly #limits: Limits
  readonly #now: () => number
  readonly #cables = new Map<Cable, CableRecord>()
  /** By cursor: of each client its inbox, and what it is to get of the log. */
  readonly #inboxes = new Map<string, Entry[]>()
  readonly #log: (Entry & { readonly from: string })[] = []
  /** By client: what it had not handled of the log when its session ended, which is to come by its inbox. */
  readonly #owed = new Map<string, Entry[]>()
  /** Messages that were moved from the log to an inbox: their order is waived. */
  readonly #moved = new Set<string>()
  /** By cursor and position: what was given back, and is kept elsewhere, wherever its stream goes on. */
  readonly #back = new Set<string>()
  /** Clients that get what goes into the log. */
  readonly #readers = new Set<string>()
  readonly #letters = new Map<string, { readonly life: Life; readonly letter: Letter; readonly order: number }>()
  /** Numbers of producers that arrived over a connection that was not replaced. */
  readonly #heard = new Set<string>()
  readonly #stored = new Set<string>()
  readonly #refused = new Map<string, string>()
  readonly #completed = new Map<string, Set<string>>()
  readonly #started = new Map<Life, Set<string>>()
  readonly #lastStarted = new Map<string, number>()
  /** Up to where each inbox may be acknowledged. */
  readonly #mayAcknowledge = new Map<string, number>()
  readonly #sessions = new Map<string, KnownSession>()
  readonly #kept = new KeptSessions()
  /** Clients that have begun a new session and were not welcomed yet … */
  readonly #greeting = new Set<string>()
  /** … when the hub died: which of their sessions it has kept is not known. */
  readonly #doubted = new Set<string>()
  readonly #epochs = new Map<Life, string>()
  readonly #gaps = new Map<Life, Gap[]>()
  #order = 0
  violation: Violation | undefined

  constructor(limits: Limits, { now, hubNow }: { readonly now: () => number; readonly hubNow: () => number }) {
    this.#limits = limits
    this.#now = now
    const ground = {
      now: hubNow,
      fail: (rule: Rule, detail: string) => this.fail(rule, detail),
      excused: this.excused.bind(this),
      handled: (id: string) => [...this.#completed.values()].some((ids) => ids.has(id)),
    }
    this.queues = new QueueObserver(ground)
    this.#observers = [new ChannelObserver(ground), new GroupObserver(ground), this.queues]
  }

  /** The hub has lost a connection, or closed it. */
  hubLost(cable: Cable): void {
    for (const observer of this.#observers) observer.lost(cable)
  }

  /** Notes the first violation; what follows it proves nothing. */
  fail(rule: Rule, detail: string): void {
    this.violation ??= { rule, detail }
  }

  letter(life: Life, letter: Letter): void {
    this.#letters.set(letter.id, { life, letter, order: ++this.#order })
  }

  opened(cable: Cable, life: Life): void {
    this.#cables.set(cable, cableRecord(life))
  }

  /** The hub has died. Without a store that survives, nothing that was stored or answered counts any more. */
  hubDied(durable: boolean): void {
    for (const observer of this.#observers) observer.died(durable)
    for (const client of this.#greeting) this.#doubted.add(client)
    this.#greeting.clear()
    if (durable) {
      this.#forgetUnkept()
      return
    }
    this.#sessions.clear()
    this.#readers.clear()
    this.#owed.clear()
    this.#back.clear()
    this.#log.length = 0
    this.#inboxes.clear()
    this.#stored.clear()
    this.#refused.clear()
    this.#mayAcknowledge.clear()
    // What was refused before and not answered may be accepted now, behind what came after it then.
    this.#lastStarted.clear()
  }

  /** Where the store failed at a welcome, the session goes with the hub, unless the store has taken something since. */
  #forgetUnkept(): void {
    for (const [client, { token }] of this.#sessions) {
      if (this.#kept.isResumedBy(client, token)) continue
      this.#sessions.delete(client)
      this.#doubted.add(client)
      if (!this.#kept.has(client)) this.#readers.delete(client)
    }
  }

  /** A client has put frames on its cable. */
  clientSays(cable: Cable, frames: readonly (ClientFrame | BadFrame)[]): void {
    const record = this.#record(cable)
    for (const frame of frames) {
      if (frame.op === 'ack' && !isQueueStream(streamOf(frame))) this.#checkAck(record, frame)
      if (frame.op === 'nack') record.arrived.get(streamOf(frame))?.delete(frame.seq)
      const n = numberOf(frame)
      if (n !== undefined) this.#checkFlying(record, n)
    }
  }

  /** Frames of a client are about to reach the hub. */
  hubHears(cable: Cable, frames: readonly (ClientFrame | BadFrame)[]): void {
    const record = this.#record(cable)
    if (!cable.socket.open) return
    for (const frame of frames) {
      if (frame.op === 'hello') this.#hubHearsHello(cable, record, frame)
      else if (record.fenced) continue
      for (const observer of this.#observers) observer.heard(cable, frame)
      this.#hubTakes(cable, record, frame)
    }
  }

  #hubTakes(cable: Cable, record: CableRecord, frame: ClientFrame | BadFrame): void {
    if (frame.op === 'ack') this.#allow(placeOf(cable, frame), frame.seq)
    else if (frame.op === 'bye') this.#leaves(cable.client)
    else if (frame.op === 'nack') removeFrom(record.written.get(streamOf(frame)), frame.seq)
    const n = record.fenced ? undefined : numberOf(frame)
    if (n === undefined) return
    this.#heard.add(`${record.producer} ${n}`)
    record.open.add(n)
  }

  /** A hello was handled: older connections of the client are dead from now on. */
  hubHeardHello(cable: Cable): void {
    for (const [other, record] of this.#cables) {
      if (other !== cable && other.client === cable.client && record.hello) record.fenced = true
    }
  }

  /** The hub writes frames to a cable. */
  hubSays(cable: Cable, frames: readonly Said[]): void {
    const record = this.#record(cable)
    if (record.fenced) this.fail('a replaced connection is dead', `cable ${cable.id} of ${cable.client} is written to`)
    for (const frame of frames) {
      for (const observer of this.#observers) observer.said(cable, frame)
      if (frame.op === 'welcome') this.#hubWelcomes(cable, record, frame)
      else if (frame.op === 'sent') this.#hubAnswers(record, frame)
      else if (frame.op === 'deliver') this.#hubDelivers(cable, record, frame)
    }
  }

  /** Frames of the hub are about to reach a client. */
  clientHears(cable: Cable, frames: readonly (HubFrame | BadFrame | UnsubscribeFrame)[]): void {
    const record = this.#record(cable)
    for (const frame of frames) {
      if (frame.op === 'deliver' && frame.seq !== undefined)
        listed(record.arrived, streamOf(frame)).set(frame.seq, frame.id)
      else if (frame.op === 'welcome') this.#clientIsWelcomed(record, frame)
      else if (frame.op === 'subscribe' || frame.op === 'unsubscribe') this.#clientBeginsAnew(record, frame)
      else if (frame.op === 'sent') {
        const answered = (n: number): boolean => ('error' in frame ? n === frame.n : n <= frame.n)
        record.flying = new Set([...record.flying].filter((n) => !answered(n)))
      }
    }
  }

  /** A subscription begins, or has ended: what comes of it from now on need not be behind what came. */
  #clientBeginsAnew(record: CableRecord, { op, to }: { readonly op: string; readonly to: string }): void {
    if (op === 'unsubscribe') {
      record.arrived.delete(to)
      record.lastAck.delete(to)
    }
    if (to.startsWith('channel:')) this.#mayComeAgain(record.life)
  }

  /** The store has taken a batch. */
  committed(batch: Batch, outcome: CommitOutcome): void {
    const { appends, acknowledgements, forget = [] } = batch
    this.#kept.committed(batch)
    for (const observer of this.#observers) observer.committed(batch, outcome)
    for (const cursor of forget) this.#forgotten(cursor, acknowledgements)
    for (const { inbox, seq } of batch.removals ?? []) this.#givenBack(inbox, (entry) => entry.seq === seq)
    for (const [index, append] of appends.entries()) {
      if (!('dueAt' in append) || append.inbox === undefined) continue
      const { id } = append.envelope
      // What has no room where it was to wait goes to the dead letters.
      const waits = outcome.appends[index]?.state !== 'refused'
      this.#givenBack(cursorName(append.inbox, logStream), (entry) => entry.id === id, waits)
    }
    for (const { inbox, seq } of acknowledgements) this.#checkAcknowledged(inbox, seq)
    for (const [index, append] of appends.entries()) this.#appended(append, outcome.appends[index])
  }

  started(life: Life, message: Message, stored: boolean): void {
    const known = this.#started.get(life) ?? new Set()
    this.#started.set(life, known)
    if (known.has(message.id)) {
      this.fail('a message is handled once in a life', `${message.id} came to ${life.name} twice`)
    }
    known.add(message.id)
    const sent = this.#letters.get(message.id)
    if (sent === undefined || !stored || this.#moved.has(message.id)) return
    // What came back from a worker comes behind later work.
    if (message.to.startsWith('queue:')) return
    const line = `${life.name} ${sent.life.name} ${message.to}`
    if (sent.order < (this.#lastStarted.get(line) ?? 0)) {
      this.fail('messages keep their order', `${message.id} came to ${life.name} after a later one`)
    }
    this.#lastStarted.set(line, sent.order)
  }

  /** Who subscribes anew is given again what is kept of channels. */
  #mayComeAgain(life: Life): void {
    const started = this.#started.get(life) ?? new Set()
    for (const id of started) if (this.#letters.get(id)?.letter.to.startsWith('channel:')) started.delete(id)
    for (const line of this.#lastStarted.keys()) {
      if (line.startsWith(`${life.name} `) && line.includes(' channel:')) this.#lastStarted.delete(line)
    }
  }

  completed(life: Life, message: Message): void {
    const known = this.#completed.get(life.client) ?? new Set()
    this.#completed.set(life.client, known.add(message.id))
  }

  /** A message goes back, and may come to its handler again. */
  returned(life: Life, message: Message): void {
    this.#started.get(life)?.delete(message.id)
    this.#moved.add(message.id)
  }

  /** What was given back waits on the shelf: it is owed until somebody has handled it. */
  #givenBack(cursor: string, which: (entry: Entry) => boolean, waits = true): void {
    const entries = this.#inbox(cursor)
    const [back] = entries.filter(which)
    if (back === undefined) return
    const client = ownerOf(cursor)
    this.#back.add(`${cursor} ${back.seq}`)
    this.#inboxes.set(
      cursor,
      entries.filter((entry) => entry !== back),
    )
    if (waits) this.#owed.set(client, [...(this.#owed.get(client) ?? []), back])
  }

  gap(life: Life, gap: Gap): void {
    this.#gaps.set(life, [...(this.#gaps.get(life) ?? []), gap])
  }

  /** True where a stored message need not be handled: it has expired, or the recipient's dialect has no words for it. */
  excused(client: string, entry: { readonly id: string; readonly expiresAt: number }): boolean {
    if (this.#completed.get(client)?.has(entry.id)) return true
    if (entry.expiresAt <= this.#now()) return true
    const value = this.#letters.get(entry.id)?.letter.value
    return typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')
  }

  /** At rest, with everyone there: what was stored was handled. */
  checkHandled(): void {
    for (const observer of this.#observers) observer.rested()
    for (const [cursor, entries] of [...this.#inboxes, ...this.#owed]) {
      const client = ownerOf(cursor)
      const lost = entries.find((entry) => !this.excused(client, entry))
      if (lost) this.fail('a stored message is handled', `${lost.id} (seq ${lost.seq}) never came to ${client}`)
    }
  }

  #appended(append: Append, result: AppendOutcome | undefined): void {
    const key = append.from && `${append.from.producer} ${append.from.n}`
    if (key !== undefined && !this.#heard.has(key)) {
      this.fail('a replaced connection is dead', `${key.replace('\n', ' ')} was accepted and never heard`)
    }
    if (!('recipients' in append)) return
    this.#noteFull(append, result)
    if (key === undefined) this.#moved.add(append.envelope.id)
    if (result?.state !== 'stored') return
    if (key !== undefined) this.#noteStored(key)
    const { id, from, expiresAt = Number.POSITIVE_INFINITY } = append.envelope
    if (append.log !== undefined && append.envelope.to === logStream) {
      const entry = { seq: result.seq, id, expiresAt, from, acknowledged: false }
      this.#log.push(entry)
      for (const reader of this.#readers) this.#isToRead(reader, entry)
    }
    for (const recipient of append.recipients) {
      if (result.full.includes(recipient) || recipient.startsWith(queueMark)) continue
      this.#inbox(recipient).push({ seq: result.seq, id, expiresAt, acknowledged: false })
    }
  }

  /** A client is to get an entry of the log, and not by its inbox, unless it is its own. */
  #isToRead(client: string, { from, seq, id, expiresAt }: Entry & { readonly from: string }): void {
    const cursor = cursorName(client, logStream)
    const entries = this.#inbox(cursor)
    if (from === client || this.#back.has(`${cursor} ${seq}`) || entries.some((each) => each.seq === seq)) return
    entries.push({ seq, id, expiresAt, acknowledged: false })
    this.#dropOwed(client, (owed) => owed.seq === seq)
  }

  #dropOwed(client: string, which: (entry: Entry) => boolean): void {
    const owed = this.#owed.get(client)
    if (owed?.some(which))
      this.#owed.set(
        client,
        owed.filter((entry) => !which(entry)),
      )
  }

  #leaves(client: string): void {
    this.#sessions.delete(client)
    this.#readers.delete(client)
  }

  /**
   * The session that the cursor belonged to has ended. Where a store fails this comes late, in one with the position at which
   * the next session has begun, whose client may have been welcomed already.
   */
  #forgotten(cursor: string, acknowledgements: Batch['acknowledgements']): void {
    const client = ownerOf(cursor)
    if (cursor !== cursorName(client, logStream)) return
    const next = acknowledgements.find(({ inbox }) => inbox === cursor)
    this.#leaveToInbox(client, next?.seq ?? Number.POSITIVE_INFINITY)
    if (next === undefined) this.#readers.delete(client)
  }

  /** What a client has not handled of the log up to `seq` is to come by its inbox. */
  #leaveToInbox(client: string, until: number): void {
    const cursor = cursorName(client, logStream)
    const entries = this.#inbox(cursor)
    const left = entries.filter((entry) => entry.seq <= until && !this.excused(client, entry))
    this.#owed.set(client, [...(this.#owed.get(client) ?? []), ...left])
    this.#inboxes.set(
      cursor,
      entries.filter(({ seq }) => seq > until),
    )
  }

  /** What a full inbox did not take is not owed any more. */
  #noteFull({ recipients, envelope: { id } }: Delivery, result: AppendOutcome | undefined): void {
    for (const client of recipients) {
      const full = result?.state === 'refused' || (result?.state === 'stored' && result.full.includes(client))
      if (full) this.#dropOwed(client, (entry) => entry.id === id)
    }
  }

  #noteStored(key: string): void {
    const refusal = this.#refused.get(key)
    if (refusal !== undefined && refusal !== 'store_failed') {
      this.fail('a refused message is not stored', `${key.replace('\n', ' ')} was refused for ${refusal}, then stored`)
    }
    this.#stored.add(key)
  }

  #hubHearsHello(cable: Cable, record: CableRecord, frame: HelloFrame): void {
    record.hello = true
    record.producer = `${frame.client}\n${frame.producer}`
    const position = frame.resume?.positions[inboxStream]
    record.epoch = position?.epoch
    const session = this.#sessions.get(cable.client)
    const stale = [...this.#cables].some(
      ([other, { life, hello }]) => other.id > cable.id && hello && life === record.life,
    )
    const mayHaveExpired = session !== undefined && this.#now() - session.seenAt > 110_000
    const wanted = session !== undefined && session.id === frame.resume?.session
    const sure = session === undefined || (session.sure && !stale && !mayHaveExpired)
    record.expectResumed = sure && !this.#doubted.has(cable.client) ? wanted : undefined
    // A hello that was overtaken presents an older token, which makes the newer one void.
    if (wanted) this.#sessions.set(cable.client, { ...session, sure })
    else this.#sessions.delete(cable.client)
    if (!wanted) this.#greeting.add(cable.client)
    for (const [stream, { seq }] of Object.entries(frame.resume?.positions ?? {})) {
      this.#allow(cursorName(cable.client, stream), seq)
    }
  }

  #hubWelcomes(cable: Cable, record: CableRecord, frame: WelcomeFrame): void {
    const { expectResumed: expected } = record
    if (expected !== undefined && frame.resumed !== expected) {
      this.fail('a session is resumed while it lives', `${record.life.name} is welcomed with resumed ${frame.resumed}`)
    }
    this.#greeting.delete(cable.client)
    this.#doubted.delete(cable.client)
    const sure = !frame.resumed || this.#sessions.get(cable.client)?.sure !== false
    this.#sessions.set(cable.client, { id: frame.session, token: frame.resumeToken, seenAt: this.#now(), sure })
    // Before positions are looked at: what another session has left of the log is not lost with it.
    this.#beginsToRead(cable.client, frame)
    for (const [stream, { seq }] of Object.entries(frame.positions)) {
      const unprocessed = this.#inbox(cursorName(cable.client, stream)).find(
        (entry) => entry.seq <= seq && !this.excused(cable.client, entry),
      )
      if (unprocessed) {
        this.fail('acknowledgements follow handlers', `${record.life.name} is to go on behind ${unprocessed.id}`)
      }
    }
    const gaps = frame.gaps?.filter(({ stream }) => stream === inboxStream).length ?? 0
    const { epoch } = frame.positions[inboxStream] ?? {}
    const needed = record.epoch !== undefined && record.epoch !== epoch ? 1 : 0
    if (gaps !== needed) this.fail('a gap is announced', `${record.life.name} is told of ${gaps} gaps, not ${needed}`)
    record.written.clear()
  }

  /** Of the log a client gets what comes behind its welcome; a session that has ended takes what was before with it. */
  #beginsToRead(client: string, { positions, resumed }: WelcomeFrame): void {
    const begin = positions[logStream]?.seq
    if (begin === undefined) return
    if (!resumed) this.#leaveToInbox(client, begin)
    this.#readers.add(client)
    for (const entry of this.#log) if (entry.seq > begin) this.#isToRead(client, entry)
  }

  #clientIsWelcomed(record: CableRecord, frame: WelcomeFrame): void {
    const epoch = frame.positions[inboxStream]?.epoch ?? ''
    const before = this.#epochs.get(record.life)
    this.#epochs.set(record.life, epoch)
    if (before !== undefined && before !== epoch && (frame.gaps ?? []).length === 0) {
      this.fail('a gap is announced', `${record.life.name} goes from epoch ${before} to ${epoch} without one`)
    }
  }

  #hubAnswers(record: CableRecord, frame: SentFrame): void {
    const rule = 'sent tells the truth in the order of n'
    if (frame.n <= record.lastSent) this.fail(rule, `${record.life.name}: n ${frame.n} after n ${record.lastSent}`)
    record.lastSent = frame.n
    for (const n of [...record.open].filter((each) => each <= frame.n)) {
      record.open.delete(n)
      const key = `${record.producer} ${n}`
      const refusal = 'error' in frame && n === frame.n ? frame.error.code : undefined
      if (refusal !== undefined) this.#hubRefuses(record, key, refusal)
      else if ('error' in frame) this.fail(rule, `${record.life.name}: n ${n} is passed over by n ${frame.n}`)
      else if (!this.#stored.has(key)) {
        const said = this.#refused.get(key)
        if (said) this.fail('a resend gets the same answer', `${record.life.name} n ${n}: ${said}, then ${frame.state}`)
        this.fail(rule, `${record.life.name}: n ${n} is called ${frame.state} and was not stored`)
      }
    }
  }

  #hubRefuses(record: CableRecord, key: string, code: string): void {
    const what = `${record.life.name} n ${key.split(' ').at(-1)}`
    if (this.#stored.has(key)) this.fail('a refused message is not stored', `${what}: stored, and refused for ${code}`)
    const before = this.#refused.get(key) ?? code
    // A store that fails has no memory of it: the next attempt may succeed.
    if (before !== code && before !== 'store_failed') {
      this.fail('a resend gets the same answer', `${what}: first ${before}, then ${code}`)
    }
    this.#refused.set(key, code)
  }

  #hubDelivers(cable: Cable, record: CableRecord, frame: DeliverFrame): void {
    const { seq, id } = frame
    if (seq === undefined || !isOwn(streamOf(frame))) return
    const rule = 'deliveries come from the inbox in order'
    const written = record.written.get(streamOf(frame)) ?? []
    record.written.set(streamOf(frame), written)
    if (seq <= (written.at(-1) ?? 0)) this.fail(rule, `${record.life.name}: seq ${seq} came too late`)
    const cursor = placeOf(cable, frame)
    const known = this.#inbox(cursor).some((entry) => entry.seq === seq && entry.id === id)
    if (!known && !this.#back.has(`${cursor} ${seq}`))
      this.fail(rule, `${record.life.name}: ${id} is not at seq ${seq} of ${streamOf(frame)}`)
    written.push(seq)
    let waiting = 0
    for (const [stream, seqs] of record.written) {
      const acknowledged = this.#mayAcknowledge.get(cursorName(cable.client, stream)) ?? 0
      waiting += seqs.filter((each) => each > acknowledged).length
    }
    if (waiting > this.#limits.windowMessages) this.fail('windows are kept', `${waiting} wait at ${record.life.name}`)
  }

  #checkAck(record: CableRecord, frame: AckFrame): void {
    const { seq } = frame
    const stream = streamOf(frame)
    const last = record.lastAck.get(stream) ?? 0
    if (seq <= last) this.fail('acknowledgements follow handlers', `${record.life.name} acks ${seq} again`)
    record.lastAck.set(stream, seq)
    const completed = this.#completed.get(record.life.client)
    for (const [arrived, id] of record.arrived.get(stream) ?? []) {
      if (arrived <= seq && !completed?.has(id)) {
        this.fail('acknowledgements follow handlers', `${record.life.name} acks ${seq} before ${id} is handled`)
      }
    }
  }

  #checkFlying(record: CableRecord, n: number): void {
    for (const earlier of record.flying) {
      if (earlier >= n) this.fail('windows are kept', `${record.life.name} sends n ${n} after n ${earlier}`)
    }
    record.flying.add(n)
    if (record.flying.size > this.#limits.inFlight) {
      this.fail('windows are kept', `${record.life.name} has ${record.flying.size} messages under way`)
    }
  }

  #checkAcknowledged(inbox: string, seq: number): void {
    const client = ownerOf(inbox)
    const allowed = this.#mayAcknowledge.get(inbox) ?? 0
    for (const entry of this.#inbox(inbox)) {
      if (entry.acknowledged || entry.seq > seq) continue
      entry.acknowledged = true
      if (!this.excused(client, entry)) {
        this.fail('acknowledgements follow handlers', `${entry.id} left the inbox of ${inbox} before it was handled`)
      }
      const living = entry.expiresAt > this.#now()
      if (living && entry.seq > allowed && this.#completed.get(client)?.has(entry.id)) {
        this.fail('a replaced connection is dead', `seq ${seq} of ${inbox} was acknowledged by nobody who may`)
      }
    }
  }

  #allow(cursor: string, seq: number): void {
    this.#mayAcknowledge.set(cursor, Math.max(seq, this.#mayAcknowledge.get(cursor) ?? 0))
  }

  #inbox(cursor: string): Entry[] {
    const known = this.#inboxes.get(cursor) ?? []
    this.#inboxes.set(cursor, known)
    return known
  }

  #record(cable: Cable): CableRecord {
    const record = this.#cables.get(cable)
    if (record === undefined) throw new Error(`cable ${cable.id} is not known`)
    return record
  }
}

/** Names of the inboxes of queues begin with it. */
const queueMark = '\n'

/** The number of a frame that waits for `sent`. */
function numberOf(frame: ClientFrame | BadFrame): number | undefined {
  return frame.op === 'send' || frame.op === 'bad' ? frame.n : undefined
}
