import { deserialize, serialize } from 'node:v8'
import type { Body, Envelope, MessageType } from '@posthouse/core'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

// What is below is on disks: entries may be added at the ends, and none may move.
const formats = ['json', 'msgpack', 'cross_comm'] as const satisfies readonly Body['format'][]
const types = ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'audio', 'video'] as const

const typeNumbers = new Map<string, number>(types.map((type, index) => [type, index + 1]))

/** Which of the optional fields are there; the lowest two bits hold the format of the body. */
const has = { qos1: 4, expiresAt: 8, headers: 16, replyTo: 32, sec: 64, more: 128 } as const
const hasMore = { receipts: 1, priority: 2 } as const

/** Writes an envelope, its body byte for byte. */
export function writeEnvelope(writer: ByteWriter, envelope: Envelope): void {
  const { body, headers, sec, expiresAt, replyTo } = envelope
  const more = (envelope.receipts ? hasMore.receipts : 0) + (envelope.priority === undefined ? 0 : hasMore.priority)
  writer.byte(presence(envelope, more > 0))
  writer.text(envelope.id)
  writer.text(envelope.from)
  writer.text(envelope.to)
  writeType(writer, envelope.type)
  writer.float(envelope.ts)
  writer.blob(body.bytes)
  if (expiresAt !== undefined) writer.float(expiresAt)
  if (headers !== undefined) writeHeaders(writer, headers)
  if (replyTo !== undefined) writer.text(replyTo)
  // Structured, because it may hold bytes; and documented to be readable by later versions of Node.
  if (sec !== undefined) writer.blob(serialize(sec))
  if (more === 0) return
  writer.byte(more)
  if (envelope.priority !== undefined) writer.byte(envelope.priority)
}

/** Reads what `writeEnvelope` wrote. The body is a view of the bytes that are read from. */
export function readEnvelope(reader: ByteReader): Envelope {
  const present = reader.byte()
  return {
    id: reader.text(),
    from: reader.name(),
    to: reader.name(),
    type: readType(reader),
    ts: reader.float(),
    body: { format: formats[present & 3] ?? 'json', bytes: reader.blob() },
    qos: present & has.qos1 ? 1 : 0,
    ...(present & has.expiresAt && { expiresAt: reader.float() }),
    ...(present & has.headers && { headers: readHeaders(reader) }),
    ...(present & has.replyTo && { replyTo: reader.text() }),
    ...(present & has.sec && { sec: deserialize(reader.blob()) as unknown }),
    ...(present & has.more && readMore(reader)),
  }
}

function presence(envelope: Envelope, more: boolean): number {
  return (
    formats.indexOf(envelope.body.format) |
    (envelope.qos === 1 ? has.qos1 : 0) |
    (envelope.expiresAt === undefined ? 0 : has.expiresAt) |
    (envelope.headers === undefined ? 0 : has.headers) |
    (envelope.replyTo === undefined ? 0 : has.replyTo) |
    (envelope.sec === undefined ? 0 : has.sec) |
    (more ? has.more : 0)
  )
}

/** A number for the known types; 0 and its name for any other. */
function writeType(writer: ByteWriter, type: MessageType): void {
  const number = typeNumbers.get(type) ?? 0
  writer.byte(number)
  if (number === 0) writer.text(type)
}

function readType(reader: ByteReader): MessageType {
  const number = reader.byte()
  // The checksum says that it is what was written, and that was a message type.
  return types[number - 1] ?? (reader.text() as MessageType)
}

function writeHeaders(writer: ByteWriter, headers: Readonly<Record<string, string>>): void {
  const entries = Object.entries(headers)
  writer.number(entries.length)
  for (const [name, value] of entries) {
    writer.text(name)
    writer.text(value)
  }
}

function readHeaders(reader: ByteReader): Record<string, string> {
  // Not by assignment: a header may be called __proto__.
  return Object.fromEntries(Array.from({ length: reader.number() }, () => [reader.text(), reader.text()]))
}

function readMore(reader: ByteReader): Pick<Envelope, 'receipts' | 'priority'> {
  const present = reader.byte()
  return {
    ...(present & hasMore.receipts && { receipts: true as const }),
    ...(present & hasMore.priority && { priority: reader.byte() }),
  }
}
