import { isPosthouseError, type StoredEnvelope } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'
import { convertBody } from '@posthouse/protocol/bodies'
import { deliverFrame } from '../routing/deliver-frame.ts'

/** A retained value as a subscription of `stream` is told it; nothing where the dialect cannot say it. Spec: 4.7.7. */
export function retainedFrame(
  { envelope }: StoredEnvelope,
  stream: string,
  dialect: 'json' | 'msgpack',
): DeliverFrame | undefined {
  try {
    return deliverFrame(envelope, { stream, retained: true }, convertBody(envelope, dialect))
  } catch (error) {
    if (isPosthouseError(error)) return undefined
    throw error
  }
}
