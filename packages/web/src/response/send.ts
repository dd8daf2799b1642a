import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { isEventStream } from '../events/event-stream.ts'
import type { Serialize } from './serializer.ts'
import { jsonType, TextBody } from './text-body.ts'

const bytes = 'application/octet-stream'
/** Nginx holds responses back unless it is told not to. */
const ofEvents = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }

/**
 * Sends what a handler returned: JSON, unless it is a text body, a stream, bytes or a response already.
 *
 * @param stopping ends what would go on for ever
 */
export function send(reply: FastifyReply, value: unknown, serialize: Serialize, stopping: AbortSignal): FastifyReply {
  if (typeof value === 'object' && value !== null && !isPlain(value)) {
    if (value instanceof TextBody) return hasBody(reply) ? sendText(reply, value) : reply.send()
    if (isEventStream(value)) return reply.headers(ofEvents).send(value.open(stopping))
    if (isResponse(value)) return reply.send(value)
    const binary = binaryOf(value)
    if (binary !== undefined) return sendBinary(reply, binary)
  }
  return hasBody(reply) ? sendText(reply, { text: serialize(value), type: jsonType }) : reply.send()
}

/** False for a status that has none (RFC 9110, sections 6.4.1 and 15.3.6). */
function hasBody({ statusCode }: FastifyReply): boolean {
  return statusCode !== 204 && statusCode !== 205 && statusCode !== 304
}

function sendText(reply: FastifyReply, { text, type }: TextBody): FastifyReply {
  if (!reply.hasHeader('content-type')) reply.header('content-type', type)
  return reply.send(text)
}

/** Nearly all values are; the others are asked one question after another. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (prototype === Object.prototype && !isEventStream(value) && !(Symbol.asyncIterator in value)) ||
    Array.isArray(value)
  )
}

function sendBinary(reply: FastifyReply, binary: Readable | Buffer): FastifyReply {
  if (!reply.hasHeader('content-type')) reply.header('content-type', bytes)
  return reply.send(binary)
}

function binaryOf(value: object): Readable | Buffer | undefined {
  if (value instanceof Readable) return value
  if (value instanceof ReadableStream) return Readable.fromWeb(value)
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer) return Buffer.from(value)
  if (Symbol.asyncIterator in value) return Readable.from(value as AsyncIterable<unknown>, { objectMode: false })
  return undefined
}

/** By its name and not its class: undici's own `Response`, and that of a polyfill, are others than Node's. */
function isResponse(value: object): boolean {
  return Object.prototype.toString.call(value) === '[object Response]'
}
