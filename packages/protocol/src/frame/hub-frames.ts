import { PosthouseError } from '@posthouse/core'
import { assertFewFrames, type BadFrame } from './codec.ts'
import { id, messageType, misfit, positive, text } from './fits.ts'
import { isObject } from './frame-shape.ts'
import type { HubFrame } from './frames.ts'
import { hubShapes } from './hub-shapes.ts'

/**
 * The frames of a decoded message at a client, where bodies are values.
 * @throws PosthouseError `malformed_frame`, `frame_too_large`
 */
export function readHubFrames(decoded: unknown): readonly (HubFrame | BadFrame)[] {
  if (!Array.isArray(decoded)) return [readHubFrame(decoded)]
  assertFewFrames(decoded.length)
  return decoded.map(readHubFrame)
}

function readHubFrame(raw: unknown): HubFrame | BadFrame {
  if (!isObject(raw)) throw new PosthouseError('malformed_frame', 'a frame must be an object')
  if (!isUsual(raw)) {
    const error = problemOf(raw)
    if (error !== undefined) return bad(raw, error)
  }
  if (raw.body !== undefined) raw.body = { format: 'value', value: raw.body }
  // Every field was looked at.
  return raw as unknown as HubFrame
}

/** True for a delivery with no more than most have: that it fits is told in a fraction of the time that its shape takes. */
function isUsual(raw: Readonly<Record<string, unknown>>): boolean {
  const { op, seq, headers, replyTo, stream, attempt } = raw
  return (
    op === 'deliver' &&
    id(raw.id) &&
    text(raw.to) &&
    text(raw.from) &&
    messageType(raw.type) &&
    Number.isFinite(raw.ts) &&
    raw.body !== undefined &&
    (seq === undefined || positive(seq)) &&
    headers === undefined &&
    replyTo === undefined &&
    stream === undefined &&
    attempt === undefined
  )
}

function problemOf(raw: Readonly<Record<string, unknown>>): PosthouseError | undefined {
  const { op } = raw
  if (typeof op !== 'string') return new PosthouseError('invalid_field', 'a frame must have an op')
  const fields = Object.hasOwn(hubShapes, op) ? hubShapes[op] : undefined
  if (fields === undefined) return new PosthouseError('unknown_op', 'this op is not known')
  const wrong = misfit(raw, fields) ?? (op === 'sent' && 'state' in raw === 'error' in raw ? 'state' : undefined)
  return wrong === undefined
    ? undefined
    : new PosthouseError('invalid_field', `${op} of the hub: ${wrong} is missing or wrong`)
}

function bad({ op, id }: Readonly<Record<string, unknown>>, error: PosthouseError): BadFrame {
  return { op: 'bad', error, about: typeof op === 'string' ? op : '', ...(typeof id === 'string' && { id }) }
}
