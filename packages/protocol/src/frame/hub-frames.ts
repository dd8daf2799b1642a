import { PosthouseError } from '@posthouse/core'
import { assertFewFrames, type BadFrame } from './codec.ts'
import { misfit } from './fits.ts'
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
  const { op, body } = raw
  if (typeof op !== 'string') return bad(raw, new PosthouseError('invalid_field', 'a frame must have an op'))
  const fields = Object.hasOwn(hubShapes, op) ? hubShapes[op] : undefined
  if (fields === undefined) return bad(raw, new PosthouseError('unknown_op', 'this op is not known'))
  const wrong = misfit(raw, fields) ?? (op === 'sent' && 'state' in raw === 'error' in raw ? 'state' : undefined)
  if (wrong !== undefined) {
    return bad(raw, new PosthouseError('invalid_field', `${op} of the hub: ${wrong} is missing or wrong`))
  }
  if (body !== undefined) raw.body = { format: 'value', value: body }
  // Every field was looked at.
  return raw as unknown as HubFrame
}

function bad({ op, id }: Readonly<Record<string, unknown>>, error: PosthouseError): BadFrame {
  return { op: 'bad', error, about: typeof op === 'string' ? op : '', ...(typeof id === 'string' && { id }) }
}
