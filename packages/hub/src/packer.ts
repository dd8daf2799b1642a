import { type Limits, packFrames } from '@posthouse/protocol'
import type { Packer } from './connection.ts'
import type { HubCodec } from './v1-peer.ts'

/** Joins the frames of a tick into arrays that keep to the limits of one WebSocket message. */
export function arrayPacker(codec: HubCodec, limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>): Packer {
  return (frames) => packFrames(frames, codec, limits)
}
