import { PosthouseError } from '@posthouse/core'
import type { ClientFrame, Codec, HubFrame, Limits } from '@posthouse/protocol'

/** The codec of a v1 dialect at the hub. */
export type HubCodec = Codec<ClientFrame, HubFrame>

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
