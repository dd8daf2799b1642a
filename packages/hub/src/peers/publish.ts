import { type Envelope, type PosthouseError, type ProducerPosition, toPosthouseError } from '@posthouse/core'
import { errorFrame, type SendFrame, type SendOutcome } from '@posthouse/protocol'
import { retentionOf } from '../channels/retention.ts'
import { isDropped } from '../delivery/when-offline.ts'
import type { Incoming } from '../routing/router.ts'
import { envelopeOf } from './incoming-envelope.ts'
import type { V1Link } from './v1-link.ts'
import type { V1Visit } from './v1-visit.ts'

/** Has what a v1 client sends carried to its recipients, and its sender told what has become of it. Spec: 4.1. */
export function publish(link: V1Link, frame: SendFrame): void {
  const { parts, record } = link.visit
  record.received++
  try {
    const envelope = envelopeOf(frame, record.address, parts.clock.now())
    link.access.assertMay('send', envelope.to)
    const dropped = frame.whenOffline !== undefined && isDropped(frame, parts.registry)
    if (frame.n === undefined || envelope.qos === 0) {
      if (!dropped) parts.router.live(envelope)
    } else if (dropped) parts.router.drop({ envelope, from: positionOf(link.visit, frame.n) }, settler(link, frame.n))
    else {
      const incoming = incomingOf(frame, envelope, positionOf(link.visit, frame.n))
      parts.delivery.accept(incoming, frame.deliverAt, settler(link, frame.n))
    }
  } catch (cause) {
    const error = toPosthouseError(cause)
    if (frame.n === undefined || frame.qos === 0) link.write([errorFrame(error, 'send', frame.id)])
    else refuse(link, frame.n, error)
  }
}

function incomingOf({ retain }: SendFrame, envelope: Envelope, from: ProducerPosition): Incoming {
  return retain === true ? { envelope, from, retain: retentionOf(envelope) } : { envelope, from }
}

/** Refuses a numbered message, and remembers that: the same number gets the same answer. */
export function refuse(link: V1Link, n: number, error: PosthouseError): void {
  link.visit.parts.router.refuse(positionOf(link.visit, n), error, settler(link, n))
}

function positionOf({ producer }: V1Visit, n: number): ProducerPosition {
  return { producer, n }
}

/** The answer goes to whichever connection carries the session by then. */
function settler(link: V1Link, n: number): (outcome: SendOutcome) => void {
  const { entry } = link.visit
  return (outcome) => {
    // Nobody knows whether it was stored: the client asks again on its next connection.
    if (outcome.state === 'refused' && outcome.error.code === 'store_failed') {
      link.fail(outcome.error)
      return
    }
    const frames = entry.session.settle(n, outcome)
    if (frames.length > 0) entry.carrier?.write(frames)
  }
}
