import { clientAddress } from './address.ts'
import { type ErrorCode, PosthouseError } from './errors.ts'

/** No control characters and no halves of surrogate pairs; as many of the others as `channel:` and a name may have. */
const plain = /^[^\p{Cc}\p{Cs}]{1,136}$/u

/**
 * The text itself, where it may be an address or a client id. Only the hub looks closer, so that pages need not load its rules.
 * @throws PosthouseError `code`
 */
export function assertPlainName(text: string, code: ErrorCode = 'invalid_address'): string {
  if (plain.test(text)) return text
  const message = `${JSON.stringify(text.slice(0, 100))} is no name: 1 to 128 characters, no control ones`
  throw new PosthouseError(code, message)
}

/**
 * A sender's address as messages bear it.
 * @throws PosthouseError `invalid_address` for what can be none
 */
export function senderAddress(text: string): string {
  if (text.startsWith('client:')) return clientAddress(assertPlainName(text.slice(7)))
  return text === 'server' ? 'hub' : assertPlainName(text)
}
