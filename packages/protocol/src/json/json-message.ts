import { PosthouseError, parseText } from '@posthouse/core'
import type { ResponseFrame } from '../frame/call-frames.ts'
import type { Wire } from '../frame/codec.ts'
import type { Frame, FrameBody } from '../frame/frames.ts'
import { toJsonText } from './json-text.ts'

const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true })

/**
 * The value that a WebSocket message stands for.
 * @throws PosthouseError `malformed_frame`
 */
export function parseJson(message: Wire): unknown {
  return parseText(message, 'malformed_frame')
}

/**
 * One frame as JSON text.
 * @throws PosthouseError `unrepresentable`
 */
export function encodeJson(frame: Frame): string {
  if (!('body' in frame) || frame.body === undefined) return JSON.stringify(frame)
  if (frame.op === 'response' && isWhole(frame)) {
    return `{"op":"response","id":${JSON.stringify(frame.id)},"body":${bodyText(frame.body)}}`
  }
  const { body, ...rest } = frame
  // Applications may put anything into sec; for frames without it the faster way does.
  const head = 'sec' in rest ? toJsonText(rest) : JSON.stringify(rest)
  return `${head.slice(0, -1)},"body":${bodyText(body)}}`
}

/** Encoded frames as one WebSocket message. */
export function joinJson(frames: readonly Wire[]): Wire {
  return frames.length === 1 && frames[0] !== undefined ? frames[0] : `[${frames.join(',')}]`
}

/** True for an answer in one piece, as nearly all are: it is written in a fraction of the time. */
function isWhole({ error, part, end }: ResponseFrame): boolean {
  return error === undefined && part === undefined && end === undefined
}

function bodyText(body: FrameBody): string {
  if (body.format === 'json') return decoder.decode(body.bytes)
  if (body.format !== 'value') throw new PosthouseError('internal', `a ${body.format} body reached the JSON codec`)
  return toJsonText(body.value)
}
