import { type Body, isMessageType } from '@posthouse/core'
import { longestCallMs } from '../calls/call-time.ts'
import type { RequestFrame, ResponseFrame } from './call-frames.ts'
import { headers as checkHeaders } from './field-checks.ts'
import type { AckFrame, SendFrame } from './frames.ts'
import { spells } from './short-text.ts'

/** The names of the members that ordinary frames have, each a bit. */
export const names = {
  op: 1,
  id: 2,
  to: 4,
  type: 8,
  body: 16,
  n: 32,
  qos: 64,
  seq: 128,
  ttlMs: 256,
  replyTo: 512,
  headers: 1024,
  sec: 2048,
  retain: 4096,
  receipts: 8192,
  priority: 16384,
  deliverAt: 32768,
  whenOffline: 65536,
  stream: 131072,
  method: 262144,
  timeoutMs: 524288,
} as const

const needed = names.op | names.id | names.to | names.type | names.body
const ackOnly = names.op | names.seq
/** What few messages ask for. */
const wishes = names.retain | names.receipts | names.priority | names.deliverAt | names.whenOffline
const requestNeeded = names.op | names.id | names.to | names.method
const responseNeeded = names.op | names.id
const ackOfStream = ackOnly | names.stream
/** Members that only an `ack` has. */
const ofAck = names.seq | names.stream
/** The names of up to four bytes, as the number that their bytes make. */
const short = {
  n: packed('n'),
  op: packed('op'),
  id: packed('id'),
  to: packed('to'),
  qos: packed('qos'),
  seq: packed('seq'),
  sec: packed('sec'),
  type: packed('type'),
  body: packed('body'),
  send: packed('send'),
  ack: packed('ack'),
}

const longNames = [
  'ttlMs',
  'method',
  'stream',
  'retain',
  'replyTo',
  'headers',
  'receipts',
  'priority',
  'timeoutMs',
  'deliverAt',
  'whenOffline',
] as const

/** Which member the bytes `[start, end)` name; 0 for one that ordinary frames do not have. */
export function nameOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 4) return longNameOf(bytes, start, end)
  switch (packedAt(bytes, start, end)) {
    case short.op:
      return names.op
    case short.id:
      return names.id
    case short.to:
      return names.to
    case short.type:
      return names.type
    case short.n:
      return names.n
    case short.body:
      return names.body
    case short.qos:
      return names.qos
    case short.seq:
      return names.seq
    case short.sec:
      return names.sec
    default:
      return 0
  }
}

/** The op that the bytes `[start, end)` name, of those that are read quickly. */
export function opOf(bytes: Uint8Array, start: number, end: number): QuickOp | '' {
  if (end - start > 4) return longOps.find((op) => spells(op, bytes, start, end - start)) ?? ''
  const op = packedAt(bytes, start, end)
  if (op === short.send) return 'send'
  return op === short.ack ? 'ack' : ''
}

function longNameOf(bytes: Uint8Array, start: number, end: number): number {
  for (const name of longNames) if (spells(name, bytes, start, end - start)) return names[name]
  return 0
}

function packedAt(bytes: Uint8Array, start: number, end: number): number {
  let number = start < end ? (bytes[start] ?? 0) : 0
  // A leading zero would not show in the number.
  if (number === 0) return 0
  for (let at = start + 1; at < end; at++) number = (number << 8) | (bytes[at] ?? 0)
  return number
}

function packed(name: string): number {
  return packedAt(new TextEncoder().encode(name), 0, name.length)
}

type Draft = { -readonly [Name in keyof SendFrame]: SendFrame[Name] }

type QuickOp = 'send' | 'ack' | 'request' | 'response'
const longOps = ['request', 'response'] as const

/** What was read of a frame, before it is known to be one of those that are read quickly. */
export class QuickFrame {
  /** The names that came. */
  seen = 0
  op = ''
  id = ''
  to = ''
  type = ''
  replyTo = ''
  method = ''
  stream = ''
  n = 0
  qos = 0
  seq = 0
  ttlMs = 0
  timeoutMs = 0
  priority = 0
  deliverAt = 0
  whenOffline = ''
  retain = false
  receipts = false
  headers: unknown
  sec: unknown
  body: Body | undefined

  /** Forgets the frame that was read before. */
  clear(): void {
    this.seen = 0
    this.op = ''
    this.body = undefined
  }

  /** Notes that a member came; false for one that is not known or came before. */
  note(name: number): boolean {
    if (name === 0 || (this.seen & name) !== 0) return false
    this.seen |= name
    return true
  }

  /** Takes the value of a member that is text. */
  setText(name: number, text: string): void {
    if (name === names.id) this.id = text
    else if (name === names.to) this.to = text
    else if (name === names.type) this.type = text
    else if (name === names.op) this.op = text
    else if (name === names.whenOffline) this.whenOffline = text
    else if (name === names.method) this.method = text
    else if (name === names.stream) this.stream = text
    else this.replyTo = text
  }

  /** Takes the value of a member that is a whole number. */
  setNumber(name: number, value: number): void {
    if (name === names.n) this.n = value
    else if (name === names.seq) this.seq = value
    else if (name === names.qos) this.qos = value
    else if (name === names.timeoutMs) this.timeoutMs = value
    else if (name === names.ttlMs) this.ttlMs = value
    else if (name === names.priority) this.priority = value
    else this.deliverAt = value
  }

  /** Takes the value of a member that is true or false. */
  setFlag(name: number, value: boolean): void {
    if (name === names.receipts) this.receipts = value
    else this.retain = value
  }

  /** The frame, where everything about it is as the specification wants it; otherwise nothing. */
  finish(): SendFrame | AckFrame | RequestFrame | ResponseFrame | undefined {
    switch (this.op) {
      case 'send':
        return this.#send()
      case 'ack':
        return this.#ack()
      case 'request':
        return this.#request()
      default:
        return this.op === 'response' ? this.#response() : undefined
    }
  }

  #ack(): AckFrame | undefined {
    const { seen, seq, stream } = this
    if (seen === ackOnly) return { op: 'ack', seq }
    const short = stream.length > 0 && stream.length <= 4096
    return seen === ackOfStream && short ? { op: 'ack', stream, seq } : undefined
  }

  #request(): RequestFrame | undefined {
    const { seen, id, to, method, timeoutMs, body } = this
    if ((seen & ~(names.body | names.timeoutMs)) !== requestNeeded) return undefined
    if (id.length === 0 || id.length > 256 || to.length === 0 || to.length > 4096) return undefined
    if (method.length === 0 || method.length > 256) return undefined
    const timed = (seen & names.timeoutMs) !== 0
    if (timed && (timeoutMs === 0 || timeoutMs > longestCallMs)) return undefined
    // The usual form is made in one piece.
    if (timed && body !== undefined) return { op: 'request', id, to, method, timeoutMs, body }
    return { op: 'request', id, to, method, ...(timed && { timeoutMs }), ...(body !== undefined && { body }) }
  }

  /** An answer in one piece. */
  #response(): ResponseFrame | undefined {
    const { seen, id, body } = this
    if ((seen & ~names.body) !== responseNeeded || id.length === 0 || id.length > 256) return undefined
    return body === undefined ? { op: 'response', id } : { op: 'response', id, body }
  }

  #send(): SendFrame | undefined {
    const { seen, id, to, type, n, qos, body } = this
    if ((seen & needed) !== needed || (seen & ofAck) !== 0 || body === undefined) return undefined
    if (id.length === 0 || id.length > 256 || to.length === 0 || to.length > 4096) return undefined
    if (!isMessageType(type) || ((seen & names.qos) !== 0 && qos > 1) || ((seen & names.n) !== 0 && n === 0))
      return undefined
    // The two usual forms are each made in one piece.
    if ((seen & ~needed) === names.n) return { op: 'send', id, to, type, n, body }
    if ((seen & ~needed) === names.qos) return { op: 'send', id, to, type, qos: qos === 0 ? 0 : 1, body }
    return this.#unusual({ op: 'send', id, to, type, body })
  }

  #unusual(frame: Draft): SendFrame | undefined {
    const { seen, ttlMs } = this
    if ((seen & wishes) !== 0 && !this.#wish(frame)) return undefined
    if ((seen & names.n) !== 0) frame.n = this.n
    if ((seen & names.qos) !== 0) frame.qos = this.qos === 0 ? 0 : 1
    if ((seen & names.sec) !== 0) frame.sec = this.sec
    if ((seen & names.ttlMs) !== 0) {
      if (ttlMs === 0) return undefined
      frame.ttlMs = ttlMs
    }
    if ((seen & (names.replyTo | names.headers)) !== 0 && !this.#head(frame)) return undefined
    return frame
  }

  /** Enters what an answer needs; false where it does not fit. */
  #head(frame: Draft): boolean {
    const { seen, replyTo, headers } = this
    if ((seen & names.replyTo) !== 0) {
      if (replyTo.length === 0 || replyTo.length > 4096) return false
      frame.replyTo = replyTo
    }
    if ((seen & names.headers) !== 0) {
      if (checkHeaders(headers) !== undefined) return false
      // Their form was checked just above.
      frame.headers = headers as Record<string, string>
    }
    return true
  }

  /** Enters what few messages ask for; false where some of it does not fit. */
  #wish(frame: Draft): boolean {
    const { seen, priority, whenOffline } = this
    if ((seen & names.receipts) !== 0) frame.receipts = this.receipts
    if ((seen & names.retain) !== 0) frame.retain = this.retain
    if ((seen & names.deliverAt) !== 0) frame.deliverAt = this.deliverAt
    if ((seen & names.priority) !== 0) {
      if (priority > 9) return false
      frame.priority = priority
    }
    if ((seen & names.whenOffline) !== 0) {
      if (whenOffline !== 'store' && whenOffline !== 'error' && whenOffline !== 'drop') return false
      frame.whenOffline = whenOffline
    }
    return true
  }
}
