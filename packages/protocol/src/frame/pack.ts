import type { Codec, Wire } from './codec.ts'
import type { Limits } from './frames.ts'

/** One frame as it goes to a socket, with its size on the wire. */
export interface Encoded {
  readonly wire: Wire
  readonly bytes: number
}

/** Node counts without writing. */
const platform: { readonly Buffer?: { byteLength(text: string): number } } = globalThis
const encoder = new TextEncoder()
/** Covers the head of an array and the commas in it, in either encoding. */
const headBytes = 8

/** How many bytes a frame takes on the wire. */
export function wireBytes(wire: Wire): number {
  if (typeof wire !== 'string') return wire.byteLength
  return platform.Buffer?.byteLength(wire) ?? encoder.encode(wire).length
}

/** Joins frames into as few WebSocket messages as the limits of one allow, in order. Spec: 2.3. */
export function packFrames(
  frames: readonly Encoded[],
  codec: Pick<Codec<never, never>, 'join'>,
  limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>,
): readonly Wire[] {
  const messages: Wire[] = []
  let group: Wire[] = []
  let bytes = headBytes
  for (const frame of frames) {
    if (group.length > 0 && (group.length >= limits.framesPerArray || bytes + frame.bytes > limits.frameBytes)) {
      messages.push(codec.join(group))
      group = []
      bytes = headBytes
    }
    group.push(frame.wire)
    bytes += frame.bytes + 1
  }
  if (group.length > 0) messages.push(codec.join(group))
  return messages
}
