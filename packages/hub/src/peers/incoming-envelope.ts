import { type Body, canonicalAddress, type Envelope, PosthouseError } from '@posthouse/core'
import type { SendFrame } from '@posthouse/protocol'
import { keepable } from './keepable.ts'

/**
 * The envelope of a `send` frame, stamped with its sender and the time. Spec: 4.1.
 * @throws PosthouseError `invalid_address`
 */
export function envelopeOf(frame: SendFrame, from: string, ts: number): Envelope {
  const { id, type, headers, replyTo, sec, ttlMs } = frame
  return {
    id,
    from,
    to: canonicalAddress(frame.to),
    type,
    body: frame.qos === 0 ? received(frame) : keepable(received(frame)),
    qos: frame.qos ?? 1,
    ts,
    ...(ttlMs !== undefined && { expiresAt: ts + ttlMs }),
    ...(headers && { headers }),
    ...(replyTo !== undefined && { replyTo: canonicalAddress(replyTo) }),
    ...(sec !== undefined && { sec }),
  }
}

function received({ body }: SendFrame): Body {
  if (body.format === 'value') throw new PosthouseError('internal', 'a decoded body reached the router')
  return body
}
