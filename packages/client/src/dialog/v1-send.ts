import { PosthouseError } from '@posthouse/core'
import {
  type ClientFrame,
  type Codec,
  type Draft,
  type Encoded,
  type FrameBody,
  type HubFrame,
  type Limits,
  wireBytes,
} from '@posthouse/protocol'
import { tooLarge } from './pending-sends.ts'

type ClientCodec = Codec<HubFrame, ClientFrame>
type SizeLimits = Pick<Limits, 'bodyBytes' | 'frameBytes'>

/** A message with its number; live messages have none. */
export interface Numbered extends Draft {
  readonly id: string
  readonly n?: number
}

/**
 * Writes a `send` frame that the hub will not close the connection for.
 * @throws PosthouseError `body_too_large`, `frame_too_large`, `unrepresentable`
 */
export function encodeSend(codec: ClientCodec, message: Numbered, limits: SizeLimits): Encoded {
  const { value, qos, ...rest } = message
  const head = { op: 'send', ...rest, ...(qos === 0 && { qos }) } as const
  return encodeWithin(codec, { ...head, body: { format: 'value', value } }, limits)
}

/**
 * Writes a frame with a body, within what the hub takes.
 * @throws PosthouseError `body_too_large`, `frame_too_large`, `unrepresentable`
 */
export function encodeWithin(
  codec: ClientCodec,
  frame: Extract<ClientFrame, { readonly body?: FrameBody }>,
  limits: SizeLimits,
): Encoded {
  const wire = codec.encode(frame)
  const bytes = wireBytes(wire)
  // Only what is larger than a body may be can hold a body that is too large.
  if (bytes > limits.bodyBytes) {
    // Zero takes one byte in either encoding.
    const bodyBytes = bytes + 1 - wireBytes(codec.encode({ ...frame, body: { format: 'value', value: 0 } }))
    if (bodyBytes > limits.bodyBytes) {
      const rule = `the hub takes at most ${limits.bodyBytes}; send large content as a file`
      throw new PosthouseError('body_too_large', `the body has ${bodyBytes} bytes on the wire; ${rule}`)
    }
    if (bytes > limits.frameBytes) throw tooLarge(bytes, limits.frameBytes)
  }
  return { wire, bytes }
}
