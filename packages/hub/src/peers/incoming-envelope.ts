import { type Body, type Envelope, knownAddress, PosthouseError } from '@posthouse/core'
import type { SendFrame } from '@posthouse/protocol'
import { keepable, keepableValue } from './keepable.ts'

type Draft = { -readonly [Name in keyof Envelope]: Envelope[Name] }

/**
 * The envelope of a `send` frame, stamped with its sender and the time. Spec: 4.1.
 * @throws PosthouseError `invalid_address`
 */
export function envelopeOf(frame: SendFrame, from: string, ts: number): Envelope {
  const { id, type, qos = 1, headers, replyTo, sec, ttlMs, receipts, priority, deliverAt } = frame
  // Stores copy what they keep; what is to be told of is also held until its receiver has acknowledged it.
  const body = receipts === true ? keepable(received(frame)) : received(frame)
  // Most messages have no more than this, and are made in one piece.
  const envelope: Draft = { id, from, to: knownAddress(frame.to), type, body, qos, ts }
  if (ttlMs !== undefined) envelope.expiresAt = Math.max(ts, deliverAt ?? ts) + ttlMs
  if (headers !== undefined) envelope.headers = headers
  if (replyTo !== undefined) envelope.replyTo = knownAddress(replyTo)
  if (sec !== undefined) envelope.sec = qos === 0 ? sec : keepableValue(sec)
  if (receipts === true) envelope.receipts = true
  if (priority !== undefined) envelope.priority = priority
  return envelope
}

function received({ body }: SendFrame): Body {
  if (body.format === 'value') throw new PosthouseError('internal', 'a decoded body reached the router')
  return body
}
