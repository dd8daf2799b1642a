import { type Clock, type Logger, randomHex, systemClock } from '@posthouse/core'
import {
  aClock,
  aFlag,
  aFunction,
  aText,
  checkOptions,
  either,
  finiteAboveZero,
  listOf,
  objectWith,
  oneOf,
  type Rules,
  refusal,
  secretly,
  wholeFrom,
} from '@posthouse/core/options'
import { type Backoff, backoff } from '@posthouse/core/policy'
import { type LogLevel, levelLogger, logLevels } from './level-logger.ts'

/** Settings of `createCallClient`. */
export interface CallClientOptions {
  /** Address of the socket, `ws://`, `wss://`, `http://` or `https://`. Default: `ws://127.0.0.1:9898`, none where `httpUrl` is given. */
  readonly socketUrl?: string
  /** Path of the socket. Default `/socket.io/`. */
  readonly socketPath?: string
  /** Where calls are posted when there is no socket, such as `http://127.0.0.1:9898/api/call`. Default: nowhere. */
  readonly httpUrl?: string
  /**
   * Where results may be posted to: a path of your own application that hands them to `handleCallback`. Without it answers
   * over HTTP are waited for, which a server of the original kind cannot do. Default: nowhere.
   */
  readonly callbackUrl?: string
  /** What callbacks are signed with; several while secrets change. Default: none, so that no signed callback is taken. */
  readonly callbackSecret?: string | readonly string[]
  /**
   * Takes callbacks without a signature too, as servers of the original kind send them, but only for calls that are under
   * way here. Default false.
   */
  readonly unsignedCallbacks?: boolean
  /** What to log in with, or where to get it: a function is called for each connection and each request. */
  readonly token?: string | (() => string | Promise<string>)
  /** What is logged. Default `info`. */
  readonly logLevel?: LogLevel
  /** Where to log. Default: the console. */
  readonly logger?: Logger
  /** Callbacks that run at the same time. Default 10. */
  readonly maxConcurrent?: number
  /** Results that may wait for their callbacks, together with the calls that will bring one. Default 1,000. */
  readonly maxQueued?: number
  /** Calls under way. Default 16,384. */
  readonly maxPending?: number
  /** How long a call may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  /** Whether a lost socket is sought again. Default true. */
  readonly reconnection?: boolean
  /** Attempts in a row before the client gives up; with `httpUrl` it goes on looking at the longest interval. `Infinity` for no end. Default 3. */
  readonly reconnectionAttempts?: number
  /** Before the first attempt, in milliseconds; it doubles each time. Default 1,000. */
  readonly reconnectionDelayMs?: number
  /** The longest wait before an attempt, in milliseconds. Default 5,000. */
  readonly reconnectionDelayMaxMs?: number
  /** How long an attempt to connect may take, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** How long a socket may be silent while calls wait before it is asked for a sign, and how long that may take, in milliseconds. Default 5,000. */
  readonly silenceMs?: number
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** Source of randomness in [0, 1) for the waits. Default `Math.random`. */
  readonly random?: () => number
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
}

const rules: Rules<CallClientOptions> = {
  socketUrl: aText,
  socketPath: aText,
  httpUrl: aText,
  callbackUrl: aText,
  callbackSecret: secretly(either(aText, listOf('texts', aText))),
  unsignedCallbacks: aFlag,
  token: secretly(either(aText, aFunction)),
  logLevel: oneOf(...logLevels),
  logger: objectWith('debug', 'info', 'warn', 'error'),
  maxConcurrent: wholeFrom(1),
  maxQueued: wholeFrom(1),
  maxPending: wholeFrom(1),
  timeoutMs: finiteAboveZero,
  reconnection: aFlag,
  reconnectionAttempts: wholeFrom(1),
  reconnectionDelayMs: finiteAboveZero,
  reconnectionDelayMaxMs: finiteAboveZero,
  connectTimeoutMs: finiteAboveZero,
  silenceMs: finiteAboveZero,
  clock: aClock,
  random: aFunction,
  fetch: aFunction,
}

/** Settings with every default filled in. */
export interface CallSettings {
  readonly socketUrl: string | undefined
  readonly socketPath: string
  readonly httpUrl: string | undefined
  readonly callbackUrl: string | undefined
  readonly secrets: readonly string[]
  readonly unsignedCallbacks: boolean
  readonly token: CallClientOptions['token']
  /** Proves to the server that a result is asked for by the one who called. */
  readonly caller: string
  readonly logger: Logger
  readonly maxConcurrent: number
  readonly maxQueued: number
  readonly maxPending: number
  readonly timeoutMs: number
  /** Attempts in a row; 0 where a lost socket stays lost. */
  readonly attempts: number
  readonly backoff: Backoff
  readonly delayMaxMs: number
  readonly connectTimeoutMs: number
  readonly silenceMs: number
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
}

/**
 * Fills in the defaults.
 * @throws PosthouseError `invalid_option`
 */
export function callSettings(options: CallClientOptions): CallSettings {
  checkOptions('createCallClient', options, rules)
  const { httpUrl, callbackUrl, token, clock = systemClock, random = Math.random, callbackSecret = [] } = options
  const { socketUrl = httpUrl === undefined ? 'ws://127.0.0.1:9898' : undefined, socketPath = '/socket.io/' } = options
  const { reconnection = true, reconnectionAttempts = 3, unsignedCallbacks = false } = options
  const { logLevel = 'info', logger, fetch = globalThis.fetch } = options
  const amounts = amountsOf(options)
  assertUrl('socketUrl', socketUrl, ['ws:', 'wss:', 'http:', 'https:'])
  assertUrl('httpUrl', httpUrl, ['http:', 'https:'])
  assertUrl('callbackUrl', callbackUrl, ['http:', 'https:'])
  const { reconnectionDelayMs: baseMs, reconnectionDelayMaxMs: delayMaxMs, ...rest } = amounts
  return {
    ...rest,
    socketUrl,
    socketPath,
    httpUrl,
    callbackUrl,
    secrets: typeof callbackSecret === 'string' ? [callbackSecret] : callbackSecret,
    unsignedCallbacks,
    token,
    caller: randomHex(32),
    logger: levelLogger(logLevel, logger),
    attempts: reconnection ? reconnectionAttempts : 0,
    backoff: backoff({ baseMs, capMs: delayMaxMs, jitter: 'equal', random }),
    delayMaxMs,
    clock,
    // As a method of the settings it would be called with a `this` that browsers refuse.
    fetch: (...request) => fetch(...request),
  }
}

function amountsOf(options: CallClientOptions) {
  const { maxConcurrent = 10, maxQueued = 1000, maxPending = 16_384, timeoutMs = 30_000 } = options
  const { reconnectionDelayMs = 1000, reconnectionDelayMaxMs = 5000 } = options
  const { connectTimeoutMs = 10_000, silenceMs = 5000 } = options
  const counts = { maxConcurrent, maxQueued, maxPending }
  return { ...counts, timeoutMs, reconnectionDelayMs, reconnectionDelayMaxMs, connectTimeoutMs, silenceMs }
}

function assertUrl(name: string, url: string | undefined, schemes: readonly string[]): void {
  if (url === undefined || (URL.canParse(url) && schemes.includes(new URL(url).protocol))) return
  throw refusal(`createCallClient: ${name}`, `an address that begins with ${schemes.join(', ')}`, url)
}
