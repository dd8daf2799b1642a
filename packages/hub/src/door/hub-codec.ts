import { PosthouseError } from '@posthouse/core'
import { type ClientFrame, type Codec, type HubFrame, type Limits, packFrames } from '@posthouse/protocol'
import type { Packer } from './connection.ts'

/** The codec of a v1 dialect at the hub. */
export type HubCodec = Codec<ClientFrame, HubFrame>

/** Joins the frames of a tick into arrays that keep to the limits of one WebSocket message. */
export function arrayPacker(codec: HubCodec, limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>): Packer {
  return (frames) => packFrames(frames, codec, limits)
}

/**
 * Refuses a WebSocket message of the wrong kind. Spec: 1.2.2.
 * @throws PosthouseError `malformed_frame`
 */
export function assertKind({ dialect, subprotocol }: HubCodec, binary: boolean): void {
  if (binary === (dialect === 'msgpack')) return
  const kind = binary ? 'text messages, not binary ones' : 'binary messages, not text ones'
  throw new PosthouseError('malformed_frame', `${subprotocol} travels in ${kind}`)
}

/**
 * Refuses a WebSocket message above the limit.
 * @throws PosthouseError `frame_too_large`
 */
export function assertFits(data: Uint8Array, { frameBytes }: Pick<Limits, 'frameBytes'>): void {
  if (data.byteLength <= frameBytes) return
  throw new PosthouseError(
    'frame_too_large',
    `a message has ${data.byteLength} bytes; at most ${frameBytes} are allowed`,
  )
}
