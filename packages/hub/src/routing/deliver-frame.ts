import type { Body, Envelope } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'

/** What of a delivery its envelope does not say. */
type Place = Pick<DeliverFrame, 'stream' | 'seq' | 'attempt' | 'receipts' | 'retained'>

/**
 * The frame that hands an envelope to a v1 client. That its members are listed here for all deliveries costs each of them
 * 20 ns more than a list of its own.
 */
export function deliverFrame(envelope: Envelope, place: Place, body: Body): DeliverFrame {
  const { id, from, to, type, ts, headers, replyTo, sec } = envelope
  return {
    op: 'deliver',
    ...place,
    id,
    from,
    to,
    type,
    ts,
    ...(headers && { headers }),
    ...(replyTo !== undefined && { replyTo }),
    ...(sec !== undefined && { sec }),
    body,
  }
}
