import { canonicalAddress, clientAddress, createId, type Envelope, isClientId, PosthouseError } from '@posthouse/core'
import { type CrossCommFrame, type CrossCommUserType, crossCommUserTypes } from '@posthouse/protocol/cross-comm'
import { keepable } from './keepable.ts'

/**
 * The envelope of a message that a cross_comm program sent, stamped with its sender and the time. Spec: 9.4.
 * @throws PosthouseError `invalid_address`
 */
export function crossCommEnvelope(frame: CrossCommFrame, client: string, ts: number): Envelope {
  const { type } = frame
  if (!isUserType(type)) throw new PosthouseError('internal', `${type} is no message for others`)
  return {
    id: frame.id ?? createId(ts),
    from: clientAddress(client),
    to: addressOf(frame.to),
    type,
    body: keepable({ format: 'cross_comm', bytes: frame.bytes }),
    qos: 1,
    ts,
  }
}

const userTypes: ReadonlySet<string> = new Set(crossCommUserTypes)

function isUserType(type: string): type is CrossCommUserType {
  return userTypes.has(type)
}

/** In this dialect every word but `all`, `server` and `hub` is a client id, whatever it looks like. */
function addressOf(to: string): string {
  if (to === 'all' || to === 'server' || to === 'hub') return canonicalAddress(to)
  if (isClientId(to)) return clientAddress(to)
  throw new PosthouseError('invalid_address', `${JSON.stringify(to.slice(0, 100))} is no client id`)
}
