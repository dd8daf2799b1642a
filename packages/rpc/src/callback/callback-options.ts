import { type Clock, type Logger, PosthouseError } from '@posthouse/core'
import { createHttpClient, type Guard, type GuardOptions, type HttpClient } from '@posthouse/http'
import type { SigningKeys } from './callback-desk.ts'

/** Settings of callbacks. */
export interface CallbackOptions {
  /** Keys that callbacks are signed with, made by `createSigningKey`; the newest first, or a function that gives them. */
  readonly keys: SigningKeys
  /** Where callbacks may go. Default: public addresses only. */
  readonly guard?: GuardOptions | undefined
  /** How long a callback is tried, in milliseconds. Default a day. */
  readonly giveUpMs?: number | undefined
  /** How long a receiver may take to answer, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number | undefined
  /** Waits between attempts, in milliseconds. Default 5 s, 30 s, 2 min, 5 min, 15 min, then an hour. */
  readonly delaysMs?: readonly number[] | undefined
}

export const usualGiveUpMs: number = 24 * 60 * 60_000
const usualTimeoutMs: number = 15_000
export const usualDelaysMs: readonly number[] = [5_000, 30_000, 120_000, 300_000, 900_000, 3_600_000]

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
 * Refuses what is no URL of HTTP and hosts that the guard knows, before a promise is given. What a name resolves to is judged
 * when it is connected to.
 * @throws PosthouseError `invalid_field`, `address_blocked`
 */
export function assertCallbackUrl(text: string, guard: Guard): void {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new PosthouseError('invalid_field', 'callback_url must be a URL of http or https, without a password')
  }
  guard.checkHost(url.hostname)
}
