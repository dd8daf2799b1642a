import { isPosthouseError, type StoredEnvelope } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'
import { convertBody } from '@posthouse/protocol/bodies'

/** A retained value as a subscription of `stream` is told it; nothing where the dialect cannot say it. Spec: 4.7.7. */
export function retainedFrame(
  { envelope }: StoredEnvelope,
  stream: string,
  dialect: 'json' | 'msgpack',
): DeliverFrame | undefined {
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
