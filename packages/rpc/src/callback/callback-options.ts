import { type Clock, type Logger, PosthouseError } from '@posthouse/core'
import {
  aboveZero,
  aFunction,
  anObject,
  aText,
  checkOptions,
  either,
  listOf,
  type Rule,
  type Rules,
  secretly,
} from '@posthouse/core/options'
import { createHttpClient, type Guard, type GuardOptions, type HttpClient } from '@posthouse/http'
import type { SigningKeys } from './callback-desk.ts'

/** Settings of callbacks. */
export interface CallbackOptions {
  /** Keys that sign callbacks, made by `createSigningKey`: the newest first, or a function that returns them. */
  readonly keys: SigningKeys
  /** Where callbacks may go. Default: public addresses only. */
  readonly guard?: GuardOptions | undefined
  /** How long a callback is retried, in milliseconds. Default 86,400,000: a day. */
  readonly giveUpMs?: number | undefined
  /** How long a receiver may take to answer, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number | undefined
  /** Waits between attempts, in milliseconds; the last one is repeated. Default 5 s, 30 s, 2 min, 5 min, 15 min, then an hour. */
  readonly delaysMs?: readonly number[] | undefined
}

export const usualGiveUpMs: number = 24 * 60 * 60_000
const usualTimeoutMs: number = 15_000
export const usualDelaysMs: readonly number[] = [5_000, 30_000, 120_000, 300_000, 900_000, 3_600_000]

/** Without any, a receiver that fails would be asked again at once. */
const someWaits: Rule = {
  words: 'a list of one or more numbers from 0',
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every((each) => each >= 0),
}

const rules: Rules<CallbackOptions> = {
  keys: secretly(either(listOf('texts', aText), aFunction)),
  guard: anObject,
  giveUpMs: aboveZero,
  timeoutMs: aboveZero,
  delaysMs: someWaits,
}

/** @throws PosthouseError `invalid_option` */
export function checkCallbackOptions(options: CallbackOptions): void {
  checkOptions('callbacks', options, rules, ['keys'])
}

/** The client that callbacks go out by: guarded, without redirections, and each attempt once. */
export function callbackClient(options: CallbackOptions, parts: { clock: Clock; logger: Logger }): HttpClient {
  const { guard = {}, timeoutMs = usualTimeoutMs } = options
  return createHttpClient({
    guard,
    redirects: false,
    retry: false,
    proxy: false,
    logging: false,
    metrics: false,
    timeout: { total: timeoutMs, firstByte: timeoutMs, connect: Math.min(timeoutMs, 5000) },
    limits: { bodyBytes: 64 * 1024 },
    logger: parts.logger,
    clock: parts.clock,
  })
}

/**
 * Refuses anything but an HTTP URL, and hosts that the guard refuses, before the call is accepted. The addresses that a name
 * resolves to are checked when the connection is made.
 * @throws PosthouseError `invalid_field`, `address_blocked`
 */
export function assertCallbackUrl(text: string, guard: Guard): void {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new PosthouseError('invalid_field', 'callback_url must be a URL of http or https, without a password')
  }
  guard.checkHost(url.hostname)
}
