import { PosthouseError } from '../errors.ts'
import { lookUpCloseCode } from './status-lookup.ts'

/**
 * True for what a program may close a WebSocket with: the codes of the protocol but 1004, 1005, 1006 and 1015, which are
 * only found out, and 3000 to 4999, which libraries (3xxx) and programs (4xxx) share out (RFC 6455, 7.4). Browsers let pages
 * say 1000 and 3000 to 4999 only.
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (code >= 3000 && code <= 4999) || (lookUpCloseCode(code)?.isSendable ?? false)
}

/**
 * The close code itself, where it may be sent.
 * @throws PosthouseError `invalid_close_code`
 */
export function assertSendableCloseCode(code: number): number {
  if (isSendableCloseCode(code)) return code
  const facts = lookUpCloseCode(code)
  const reason = facts ? `${facts.name} is only found out, never sent` : 'it is none'
  const advice = 'use 1000 for a normal end, 1001 to 1003, 1007 to 1014, or 3000 to 4999'
  throw new PosthouseError('invalid_close_code', `${String(code)} cannot be sent as a close code: ${reason}; ${advice}`)
}
