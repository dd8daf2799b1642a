import { maxFramesPerArray } from './codec.ts'
import type { Limits } from './frames.ts'

/** The documented limits. Source: spec/protocol.md, section 6. */
export const defaultLimits: Limits = {
  frameBytes: 1_048_576,
  bodyBytes: 262_144,
  framesPerArray: maxFramesPerArray,
  inFlight: 256,
  windowMessages: 256,
  windowBytes: 1_048_576,
  calls: 256,
  subscriptions: 128,
}
