import { isMessageType } from '@posthouse/core'
import { assertFewFrames, type BadFrame, readFrame } from './codec.ts'
import { id, positive, text, time } from './field-checks.ts'
import { isObject } from './frame-shape.ts'
import type { FrameBody, HubFrame } from './frames.ts'
import { hubGrammar } from './hub-shapes.ts'

/** The frames of a decoded message at a client, where bodies are values. */
export function readHubFrames(decoded: unknown): readonly (HubFrame | BadFrame)[] {
  if (!Array.isArray(decoded)) return [readHubFrame(decoded)]
  assertFewFrames(decoded.length)
  return decoded.map(readHubFrame)
}

function readHubFrame(raw: unknown): HubFrame | BadFrame {
  if (!isObject(raw) || !isOrdinary(raw)) return readFrame<HubFrame>(raw, hubGrammar, asValue)
  if (raw.op === 'deliver') raw.body = asValue(raw.body)
  // Every field was looked at.
  return raw as unknown as HubFrame
}

/** True for the frames that come most, where they surely fit; this tells it in a fraction of the time that shapes take. */
function isOrdinary(raw: Readonly<Record<string, unknown>>): boolean {
  if (raw.op === 'sent') {
    return (
      positive(raw.n) === undefined && (raw.state === 'stored' || raw.state === 'duplicate') && raw.error === undefined
    )
  }
  return raw.op === 'deliver' && isOrdinaryDelivery(raw)
}

function isOrdinaryDelivery(raw: Readonly<Record<string, unknown>>): boolean {
  return (
    id(raw.id) === undefined &&
    text(raw.to) === undefined &&
    text(raw.from) === undefined &&
    typeof raw.type === 'string' &&
    isMessageType(raw.type) &&
    time(raw.ts) === undefined &&
    raw.body !== undefined &&
    (raw.seq === undefined || positive(raw.seq) === undefined) &&
    raw.stream === undefined &&
    raw.attempt === undefined &&
    raw.headers === undefined &&
    raw.replyTo === undefined
  )
}

function asValue(value: unknown): FrameBody {
  return { format: 'value', value }
}
