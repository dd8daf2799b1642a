import { PosthouseError } from '@posthouse/core'
import { assertFewFrames, type BadFrame, type Codec, type OtherFrame } from './codec.ts'
import { type Fields, id, messageType, misfit, positive, text } from './fits.ts'
import { isObject } from './frame-shape.ts'
import type { ClientFrame, HubFrame } from './frames.ts'
import { hubShapes } from './hub-shapes.ts'

/** The codec of a v1 dialect at a client: bodies are values. */
export type ClientCodec = Codec<HubFrame | OtherFrame, ClientFrame>

/**
 * The frames of a decoded message at a client, where bodies are values.
 * @throws PosthouseError `malformed_frame`, `frame_too_large`
 */
export function readHubFrames(decoded: unknown): readonly (HubFrame | BadFrame | OtherFrame)[] {
  if (!Array.isArray(decoded)) return [readHubFrame(decoded)]
  assertFewFrames(decoded.length)
  return decoded.map(readHubFrame)
}

function readHubFrame(raw: unknown): HubFrame | BadFrame | OtherFrame {
  if (!isObject(raw)) throw new PosthouseError('malformed_frame', 'a frame must be an object')
  const { op } = raw
  if (isUsual(raw)) return withBody(raw)
  if (typeof op !== 'string') return bad(raw, 'op')
  const fields = shapeOf(hubShapes, op)
  return fields === undefined ? { op: 'other', raw } : readShaped(raw, fields)
}

/** The shape of an op, where it is listed. */
export function shapeOf(shapes: Readonly<Record<string, Fields>>, op: string): Fields | undefined {
  return Object.hasOwn(shapes, op) ? shapes[op] : undefined
}

/** The frame, if all of its fields fit. */
export function readShaped(raw: Record<string, unknown>, fields: Fields): HubFrame | BadFrame {
  const wrong = misfit(raw, fields) ?? (raw.op === 'sent' && 'state' in raw === 'error' in raw ? 'state' : undefined)
  return wrong === undefined ? withBody(raw) : bad(raw, wrong)
}

function withBody(raw: Record<string, unknown>): HubFrame {
  if (raw.body !== undefined) raw.body = { format: 'value', value: raw.body }
  // Every field was looked at.
  return raw as unknown as HubFrame
}

/** True for a delivery with no more than most have: that it fits is told in a fraction of the time that its shape takes. */
function isUsual(raw: Readonly<Record<string, unknown>>): boolean {
  const { op, seq, headers, replyTo, stream, attempt, receipts } = raw
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
    attempt === undefined &&
    receipts === undefined
  )
}

function bad({ op, id }: Readonly<Record<string, unknown>>, wrong: string): BadFrame {
  const error = new PosthouseError('invalid_field', `${op} of the hub: ${wrong} is missing or wrong`)
  return { op: 'bad', error, about: typeof op === 'string' ? op : '', ...(typeof id === 'string' && { id }) }
}
