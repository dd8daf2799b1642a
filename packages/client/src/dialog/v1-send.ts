import {
  type ClientCodec,
  type ClientFrame,
  type Draft,
  type Encoded,
  type Limits,
  type SendFrame,
  wireBytes,
} from '@posthouse/protocol'
import type { SendOptions } from '../send-options.ts'
import { tooLarge } from './sends.ts'

/** A `send` frame. `n` is absent for live messages. */
export function sendFrame(
  message: Draft,
  options: SendOptions,
  { id, n }: { readonly id: string; readonly n: number | undefined },
): SendFrame {
  const { to, type, value, ttlMs, headers, replyTo } = message
  const { receipts, whenOffline, deliverAt, priority, retain } = options
  // Encoders leave out what is undefined. The hub looks at what most messages do without.
  return {
    op: 'send',
    id,
    to,
    type,
    qos: message.qos === 0 ? 0 : undefined,
    n,
    ttlMs,
    headers,
    replyTo,
    receipts,
    whenOffline,
    deliverAt: deliverAt && Number(deliverAt),
    priority,
    retain,
    body: { format: 'value', value },
  } as SendFrame
}

/**
 * Writes a frame that the hub will not close the connection for.
 * @throws PosthouseError `frame_too_large`, `unrepresentable`
 */
export function encodeWithin(
  codec: ClientCodec,
  frame: ClientFrame,
  { frameBytes }: Pick<Limits, 'frameBytes'>,
): Encoded {
  const wire = codec.encode(frame)
  const bytes = wireBytes(wire)
  if (bytes > frameBytes) throw tooLarge(bytes, frameBytes)
  return { wire, bytes }
}
