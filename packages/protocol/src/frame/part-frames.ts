import { PosthouseError } from '@posthouse/core'
import type { CallFrame } from './call-frames.ts'
import type { BadFrame, OtherFrame } from './codec.ts'
import { anyText, count, type Fields, flag, id, listOf, oneOf, optional, positive, shaped, text } from './fits.ts'
import type { HubFrame } from './frames.ts'
import { readShaped, shapeOf } from './hub-frames.ts'
import { perhapsCount, perhapsError, perhapsText } from './hub-shapes.ts'
import type { MembershipAnswer } from './membership-frames.ts'
import type { ListedFrame, PresenceFrame } from './presence-frames.ts'
import type { ReceiptFrame } from './receipt-frames.ts'

type PartFrame = CallFrame | ListedFrame | PresenceFrame | ReceiptFrame | MembershipAnswer

const clients = listOf(
  shaped({
    client: text,
    online: flag,
    generation: optional(count),
    since: optional(Number.isFinite),
    lastSeen: Number.isFinite,
    node: anyText,
    dialect: perhapsText,
  }),
)

const about: Fields = { id, to: text }
const gap = shaped({ stream: text, from: count, to: count, reason: oneOf('epoch', 'expired', 'trimmed') })
const position = shaped({ epoch: text, seq: count })

/** What each op must look like that is in no page before its code is needed. Fields that are not listed are ignored. */
const partShapes: Readonly<Record<PartFrame['op'], Fields>> = {
  receipt: {
    seq: perhapsCount,
    id,
    state: oneOf('delivered', 'read', 'expired', 'failed'),
    by: text,
    at: Number.isFinite,
    code: perhapsText,
  },
  presence: { full: flag, clients },
  list: { id, more: optional(flag), clients },
  request: { id, to: text, from: perhapsText, method: id, timeoutMs: perhapsCount },
  response: { id, error: perhapsError, part: optional(count), end: optional(flag) },
  cancel: { id },
  credit: { id, parts: positive },
  join: { ...about, members: count, role: oneOf('owner', 'member') },
  leave: about,
  subscribe: { ...about, position: optional(position), gaps: optional(listOf(gap)) },
  unsubscribe: about,
}

/** The frame that a codec did not look at, looked at; any other as it is. */
export function readPartFrame(frame: HubFrame | BadFrame | OtherFrame): HubFrame | BadFrame {
  if (frame.op !== 'other') return frame
  const { raw } = frame
  const about = String(raw.op)
  const fields = shapeOf(partShapes, about)
  if (fields !== undefined) return readShaped(raw, fields)
  const id = typeof raw.id === 'string' ? { id: raw.id } : {}
  return { op: 'bad', error: new PosthouseError('unknown_op', 'this op is not known'), about, ...id }
}
