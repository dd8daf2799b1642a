import { isMessageType, type MessageType } from './envelope.ts'
import { PosthouseError } from './errors.ts'
import { senderAddress } from './plain-name.ts'

/** Which messages a listener wants. A missing part means any. */
export interface MessageFilter {
  readonly type?: MessageType | readonly MessageType[]
  /** A sender's address, usually a bare client id. */
  readonly from?: string | readonly string[]
}

/** The parts of a message that a filter looks at. */
export interface Filterable {
  readonly type: MessageType
  readonly from: string
}

/**
 * Makes the test for a filter. A bare type stands for `{ type }`, and `'*'` for everything.
 * @throws PosthouseError `invalid_option`, `invalid_address`
 */
export function messageMatcher(filter: MessageType | '*' | MessageFilter): (message: Filterable) => boolean {
  const { type, from } = typeof filter === 'string' ? { type: filter === '*' ? undefined : filter } : { ...filter }
  const types = type === undefined ? undefined : new Set<string>([type].flat())
  const senders = from === undefined ? undefined : new Set([from].flat().map(senderAddress))
  for (const name of types ?? []) {
    if (!isMessageType(name)) throw new PosthouseError('invalid_option', `${JSON.stringify(name)} is no message type`)
  }
  return (message) => (types?.has(message.type) ?? true) && (senders?.has(message.from) ?? true)
}
