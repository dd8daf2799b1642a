import { formatAddress, PosthouseError, parseAddress } from '@posthouse/core'
import { type BodyForm, toBodyValue } from './body-value.ts'
import type { FrameBody } from './frames.ts'
import { isPlain } from './plain-value.ts'

/** A checked call that has not been sent yet. */
export interface CallDraft {
  /** Canonical address. */
  readonly to: string
  readonly method: string
  readonly body?: FrameBody | undefined
}

/** Checks a call and its body, which may be absent. */
export type CallDrafter = (to: string, method: string, body: unknown) => CallDraft

/**
 * Makes drafts of calls with bodies of one form. Plain data is taken as it is: it must be written before anybody can change it.
 * @throws PosthouseError (the drafter) `invalid_address`, `invalid_option`, `unrepresentable`, `too_deep`
 */
export function callDrafter(form: BodyForm): CallDrafter {
  // Most calls go where the last one went.
  let [lastTo, canonical] = ['', '']
  return (to, method, body) => {
    if (to !== lastTo || lastTo === '') {
      canonical = calleeAddress(to)
      lastTo = to
    }
    assertMethod(method)
    return { to: canonical, method, body: callBody(body, form) }
  }
}

function calleeAddress(to: string): string {
  const address = parseAddress(to)
  if (address.kind === 'client' || address.kind === 'hub') return formatAddress(address)
  throw new PosthouseError('invalid_address', `${JSON.stringify(to)}: only a client or the hub can be called`)
}

/** @throws PosthouseError `invalid_option` */
export function assertMethod(method: string): string {
  if (typeof method === 'string' && method.length > 0 && method.length <= 256 && method.isWellFormed()) return method
  throw new PosthouseError('invalid_option', 'the name of a method must be a string of 1 to 256 characters')
}

/**
 * The body of a call or an answer: any value, or nothing. Plain data is taken as it is.
 * @throws PosthouseError `unrepresentable`, `too_deep`
 */
export function callBody(value: unknown, form: BodyForm): FrameBody | undefined {
  if (value === undefined) return undefined
  return { format: 'value', value: isPlain(value) ? value : toBodyValue('x-call', value, form) }
}

/** The refusal of a method that nobody handles. */
export function noHandler(method: string): PosthouseError {
  return new PosthouseError('no_handler', `no handler was added for ${JSON.stringify(method)}`)
}
