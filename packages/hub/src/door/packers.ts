import type { Dialect, Limits } from '@posthouse/protocol'
import { Packer } from './packer.ts'

/** How frames become WebSocket messages, in each dialect. */
export type Packers = Readonly<Record<Dialect, Packer>>

/** The packers of a hub: in the v1 dialects arrays that keep to the limits of one WebSocket message. */
export function packersOf(limits: Pick<Limits, 'frameBytes' | 'framesPerArray'>): Packers {
  return {
    json: new Packer('json', limits),
    msgpack: new Packer('msgpack', limits),
    cross_comm: new Packer('single', limits),
  }
}
