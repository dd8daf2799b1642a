import { type AddressKind, PosthouseError, parseAddress, toPosthouseError } from '@posthouse/core'
import type { SendFrame } from '../frame/frames.ts'

/** Types that begin like this are the hub's own. Spec: 8.3.1. */
const reservedTypes = 'x-posthouse.'

/** The refusal of a `send` whose fields do not go together, or with its address; otherwise nothing. Spec: 4.1.8 to 4.1.12. */
export function sendConflict(frame: SendFrame): PosthouseError | undefined {
  const { receipts, whenOffline, deliverAt, priority, retain, type } = frame
  if (type.startsWith(reservedTypes)) return invalid(`types that begin with ${reservedTypes} are the hub's own`)
  if (
    receipts === undefined &&
    whenOffline === undefined &&
    deliverAt === undefined &&
    priority === undefined &&
    retain === undefined
  ) {
    return undefined
  }
  try {
    const wrong = conflictOf(frame, parseAddress(frame.to).kind)
    return wrong === undefined ? undefined : invalid(wrong)
  } catch (error) {
    return toPosthouseError(error)
  }
}

function conflictOf(frame: SendFrame, kind: AddressKind): string | undefined {
  const { receipts = false, retain = false, whenOffline, deliverAt, qos = 1 } = frame
  if (whenOffline !== undefined && deliverAt !== undefined) return 'whenOffline and deliverAt do not go together'
  if (qos === 0 && (receipts || retain || deliverAt !== undefined)) return 'receipts, retain and deliverAt need qos 1'
  if (qos === 0 && whenOffline === 'store') return 'whenOffline cannot be store with qos 0'
  return misplaced(frame, kind)
}

function misplaced(
  { receipts, whenOffline, deliverAt, priority, retain }: SendFrame,
  kind: AddressKind,
): string | undefined {
  if (receipts && kind !== 'client' && kind !== 'group') return 'receipts goes to a client or a group only'
  if (whenOffline !== undefined && kind !== 'client') return 'whenOffline goes to a client only'
  if (priority !== undefined && kind !== 'queue') return 'priority goes to a queue only'
  if (retain && kind !== 'channel') return 'retain goes to a channel only'
  return retain && deliverAt !== undefined ? 'retain and deliverAt do not go together' : undefined
}

function invalid(wrong: string): PosthouseError {
  return new PosthouseError('invalid_field', `send: ${wrong}`)
}
