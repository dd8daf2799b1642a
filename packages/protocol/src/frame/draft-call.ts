import { formatAddress, PosthouseError, parseAddress } from '@posthouse/core'
import { toBodyValue } from './body-value.ts'
import type { FrameBody } from './frames.ts'

/** A checked call that has not been sent yet. */
export interface CallDraft {
  /** Canonical address. */
  readonly to: string
  readonly method: string
  readonly body?: FrameBody
}

/**
 * Checks a call and makes plain data of its body, which may be absent.
 * @throws PosthouseError `invalid_address`, `invalid_option`, `unrepresentable`, `too_deep`
 */
export function draftCall(to: string, method: string, body: unknown): CallDraft {
  const address = parseAddress(to)
  if (address.kind !== 'client' && address.kind !== 'hub') {
    throw new PosthouseError('invalid_address', `${JSON.stringify(to)}: only a client or the hub can be called`)
  }
  return { to: formatAddress(address), method: assertMethod(method), ...callBody(body) }
}

/** @throws PosthouseError `invalid_option` */
export function assertMethod(method: string): string {
  if (typeof method === 'string' && method.length > 0 && method.length <= 256 && method.isWellFormed()) return method
  throw new PosthouseError('invalid_option', 'the name of a method must be a string of 1 to 256 characters')
}

/**
 * The body of a call or an answer: any value, or nothing.
 * @throws PosthouseError `unrepresentable`, `too_deep`
 */
export function callBody(value: unknown): { readonly body?: FrameBody } {
  return value === undefined ? {} : { body: { format: 'value', value: toBodyValue('x-call', value) } }
}

/** The refusal of a method that nobody handles. */
export function noHandler(method: string): PosthouseError {
  return new PosthouseError('no_handler', `no handler was added for ${JSON.stringify(method)}`)
}
