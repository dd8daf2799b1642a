import type { Limits, Wire } from '@posthouse/protocol'
import type { Packer } from './connection.ts'
import type { HubCodec } from './v1-peer.ts'

/** Joins the frames of a tick into arrays that keep to the limits of one WebSocket message. */
export function arrayPacker(codec: HubCodec, limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>): Packer {
  return (frames) => {
    const messages: Wire[] = []
    let group: Wire[] = []
    let bytes = 0
    for (const frame of frames) {
      // Eight bytes cover the array's head and a comma for each frame in either encoding.
      const fits = group.length < limits.framesPerArray && bytes + frame.bytes + 8 <= limits.frameBytes
      if (!fits && group.length > 0) {
        messages.push(codec.join(group))
        group = []
        bytes = 0
      }
      group.push(frame.wire)
      bytes += frame.bytes + 1
    }
    if (group.length > 0) messages.push(codec.join(group))
    return messages
  }
}
