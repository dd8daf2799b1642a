import { isPosthouseError, type StoredEnvelope } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'
import { convertBody } from '@posthouse/protocol/bodies'

/** Retained values as a subscription of `stream` is told them; what the dialect cannot say is passed over. Spec: 4.7.7. */
export function* retainedFrames(
  values: Iterable<StoredEnvelope>,
  stream: string,
  dialect: 'json' | 'msgpack',
): Iterable<DeliverFrame> {
  for (const value of values) {
    const frame = frameOf(value, stream, dialect)
    if (frame !== undefined) yield frame
  }
}

function frameOf({ envelope }: StoredEnvelope, stream: string, dialect: 'json' | 'msgpack'): DeliverFrame | undefined {
  const { id, from, to, type, ts, headers, replyTo, sec } = envelope
  try {
    return {
      op: 'deliver',
      stream,
      retained: true,
      id,
      from,
      to,
      type,
      ts,
      ...(headers && { headers }),
      ...(replyTo !== undefined && { replyTo }),
      ...(sec !== undefined && { sec }),
      body: convertBody(envelope, dialect),
    }
  } catch (error) {
    if (isPosthouseError(error)) return undefined
    throw error
  }
}
