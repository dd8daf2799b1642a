import {
  type ClientCodec,
  type ClientFrame,
  type Draft,
  type Encoded,
  type Limits,
  type SendFrame,
  wireBytes,
} from '@posthouse/protocol'
import { tooLarge } from './sends.ts'

/** A `send` frame. `n` is absent for live messages. */
export function sendFrame(message: Draft, id: string, n?: number): SendFrame {
  const { to, type, value, ttlMs, headers, replyTo } = message
  const qos = message.qos === 0 ? 0 : undefined
  // Encoders leave out what is undefined.
  return { op: 'send', id, to, type, qos, n, ttlMs, headers, replyTo, body: { format: 'value', value } } as SendFrame
}

/**
 * Writes a frame that the hub will not close the connection for.
 * @throws PosthouseError `body_too_large`, `frame_too_large`, `unrepresentable`
 */
export function encodeWithin(
  codec: ClientCodec,
  frame: ClientFrame,
  limits: Pick<Limits, 'bodyBytes' | 'frameBytes'>,
): Encoded {
  const wire = codec.encode(frame)
  const bytes = wireBytes(wire)
  // Only what is larger than a body may be can hold a body that is too large.
  if (bytes > limits.bodyBytes) {
    // Zero takes one byte in either encoding. What has no body is shorter with one that is taken away again.
    const bodiless = codec.encode({ ...frame, body: { format: 'value', value: 0 } } as ClientFrame)
    const bodyBytes = bytes + 1 - wireBytes(bodiless)
    if (bodyBytes > limits.bodyBytes) throw tooLarge('body_too_large', bodyBytes, limits.bodyBytes)
    if (bytes > limits.frameBytes) throw tooLarge('frame_too_large', bytes, limits.frameBytes)
  }
  return { wire, bytes }
}
