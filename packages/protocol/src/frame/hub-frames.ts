import { PosthouseError } from '@posthouse/core'
import type { BadFrame, Codec, OtherFrame } from './codec.ts'
import { type Fields, headers, id, messageType, misfit, text } from './fits.ts'
import { isObject } from './frame-shape.ts'
import type { ClientFrame, HubFrame } from './frames.ts'
import { hubShapes, perhapsCount, perhapsFlag, perhapsText } from './hub-shapes.ts'

/** The codec of a v1 dialect at a client: bodies are values. */
export type ClientCodec = Codec<HubFrame | OtherFrame, ClientFrame>

/**
 * The frames of a decoded message at a client, where bodies are values.
 * @throws PosthouseError `malformed_frame`
 */
export function readHubFrames(decoded: unknown): readonly (HubFrame | BadFrame | OtherFrame)[] {
  return Array.isArray(decoded) ? decoded.map(readHubFrame) : [readHubFrame(decoded)]
}

function readHubFrame(raw: unknown): HubFrame | BadFrame | OtherFrame {
  if (!isObject(raw)) throw new PosthouseError('malformed_frame', 'a frame must be an object')
  const { op } = raw
  if (op === 'deliver') return readFrame(raw, misfitOfDelivery(raw))
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
  return readFrame(
    raw,
    misfit(raw, fields) ?? (raw.op === 'sent' && 'state' in raw === 'error' in raw ? 'state' : undefined),
  )
}

function readFrame(raw: Record<string, unknown>, wrong: string | undefined): HubFrame | BadFrame {
  if (wrong !== undefined) return bad(raw, wrong)
  if (raw.body !== undefined) raw.body = { format: 'value', value: raw.body }
  // Every field was looked at.
  return raw as unknown as HubFrame
}

/** The name of the first field of a delivery that does not fit: without a table that takes a fraction of the time. */
function misfitOfDelivery(raw: Readonly<Record<string, unknown>>): string | undefined {
  if (!id(raw.id)) return 'id'
  if (!text(raw.to)) return 'to'
  if (!text(raw.from)) return 'from'
  if (!messageType(raw.type)) return 'type'
  if (!Number.isFinite(raw.ts)) return 'ts'
  if (raw.body === undefined) return 'body'
  if (!perhapsCount(raw.seq)) return 'seq'
  if (!perhapsCount(raw.attempt)) return 'attempt'
  if (!perhapsFlag(raw.receipts)) return 'receipts'
  if (!perhapsText(raw.stream)) return 'stream'
  if (!perhapsText(raw.replyTo)) return 'replyTo'
  return raw.headers === undefined || headers(raw.headers) ? undefined : 'headers'
}

function bad({ op, id }: Readonly<Record<string, unknown>>, wrong: string): BadFrame {
  const error = new PosthouseError('invalid_field', `${op} of the hub: ${wrong} is wrong`)
  return { op: 'bad', error, about: typeof op === 'string' ? op : '', ...(typeof id === 'string' && { id }) }
}
