import { type Clock, isPosthouseError, PosthouseError, systemClock } from '@posthouse/core'
import {
  aboveZero,
  aFlag,
  aText,
  checkOptions,
  either,
  numberFrom,
  optionsOf,
  type Rules,
  wholeFrom,
} from '@posthouse/core/options'
import { pause, throwIfAborted } from '@posthouse/core/policy'
import { bodyRules, requestRules } from '../client/check-options.ts'
import type { RequestOptions } from '../client/request-options.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { namedTimeouts } from '../timing/timeouts.ts'
import { EventParser, type ServerSentEvent } from './event-parser.ts'

/** How a stream of events is followed. */
export interface EventStreamOptions extends RequestOptions {
  /** The event after which the stream is to go on, from an earlier run. */
  readonly lastEventId?: string | undefined
  /** Whether the stream is opened again when it ends, and how. Default true. */
  readonly reconnect?: boolean | ReconnectOptions | undefined
  /** Without a single byte for so long, the connection counts as lost, in milliseconds. Default `timeout.read`, or 90,000. */
  readonly idleMs?: number | undefined
  /** Characters that one event may have. Default 1 Mi. */
  readonly maxEventLength?: number | undefined
}

/** When a stream of events is opened again. */
export interface ReconnectOptions {
  /** Failures in a row after which it is given up. Default: never. */
  readonly attempts?: number | undefined
  /**
   * Time until the first attempt, in milliseconds; doubled by each failure in a row. Default 3,000. What the server says counts
   * instead, from 250 on.
   */
  readonly delayMs?: number | undefined
  /** The longest time between two attempts, in milliseconds. Default 30,000. */
  readonly maxDelayMs?: number | undefined
}

const rules: Rules<EventStreamOptions> = {
  ...requestRules,
  ...bodyRules,
  lastEventId: aText,
  reconnect: either(
    aFlag,
    optionsOf<ReconnectOptions>({ attempts: wholeFrom(0), delayMs: numberFrom(0), maxDelayMs: numberFrom(0) }),
  ),
  idleMs: aboveZero,
  maxEventLength: wholeFrom(1),
}

/** A server that says 0 would be asked as fast as the network allows. */
const leastAdvisedMs = 250

/** Opens the stream, as `client.stream` does. */
export type OpenEvents = (options: RequestOptions) => Promise<HttpResponse>

/**
 * Events as they come. A stream that ends is opened again behind the last event that came; 204 ends it for good. Leaving the loop
 * ends the connection.
 * @throws `invalid_option`, `bad_status`, `bad_response` for what is no event stream, and what a request can fail with, once it is given up
 */
export function eventStream(
  open: OpenEvents,
  options: EventStreamOptions = {},
  clock: Clock = systemClock,
): AsyncGenerator<ServerSentEvent> {
  checkOptions('events', options, rules)
  return followed(open, options, clock)
}

async function* followed(open: OpenEvents, options: EventStreamOptions, clock: Clock): AsyncGenerator<ServerSentEvent> {
  const { lastEventId = '', reconnect = true, idleMs, maxEventLength, ...request } = options
  const plan = new Reconnection(reconnect === true ? {} : reconnect)
  let lastId = lastEventId
  for (;;) {
    try {
      const response = await open(asking(request, lastId, idleMs))
      if (response.status === 204) return
      for await (const event of eventsOf(response, { lastId, plan, maxEventLength })) {
        lastId = event.id
        plan.succeeded()
        yield event
      }
      if (!plan.goesOn()) return
    } catch (error) {
      throwIfAborted(request.signal)
      if (!isPassing(error) || !plan.goesOn()) throw error
    }
    await pause(plan.delayMs, clock, request.signal)
  }
}

function asking(request: RequestOptions, lastId: string, idleMs: number | undefined): RequestOptions {
  const { timeout, headers: own, ...rest } = request
  const headers: Record<string, string> = { accept: 'text/event-stream', 'cache-control': 'no-store' }
  // In UTF-8, as the HTML standard says; a header has one character for each byte.
  if (lastId !== '') headers['last-event-id'] = Buffer.from(lastId).toString('latin1')
  const timeouts = timeout === undefined ? {} : namedTimeouts(timeout)
  // A number is for what a request waits for, and not for how long a server may have nothing to tell.
  const read = idleMs ?? (typeof timeout === 'object' ? timeout.read : undefined) ?? 90_000
  return {
    ...rest,
    headers: new HttpHeaders(own).merge(headers),
    throwOnError: false,
    timeout: { ...timeouts, read },
  }
}

interface Reading {
  readonly lastId: string
  readonly plan: Reconnection
  readonly maxEventLength: number | undefined
}

async function* eventsOf(response: HttpResponse, reading: Reading): AsyncGenerator<ServerSentEvent> {
  const { lastId, plan, maxEventLength } = reading
  if (response.status !== 200) {
    response.discard()
    response.raiseForStatus()
    throw new PosthouseError('bad_response', `a stream of events has status 200, not ${response.status}`)
  }
  const type = response.headers.get('content-type') ?? 'none'
  if (!/^text\/event-stream\s*(;|$)/i.test(type)) {
    response.discard()
    throw new PosthouseError('bad_response', `a stream of events has the type text/event-stream, not ${type}`)
  }
  const events: ServerSentEvent[] = []
  const parser = new EventParser(
    {
      onEvent: (event) => events.push(event),
      onRetry: (ms) => plan.advised(ms),
      ...(maxEventLength === undefined ? {} : { maxEventLength }),
    },
    lastId,
  )
  for await (const chunk of response) {
    parser.push(chunk)
    yield* events.splice(0)
  }
}

/** Decides when to try again, and when no more. */
class Reconnection {
  readonly #options: ReconnectOptions | undefined
  #failures = 0
  #baseMs: number

  constructor(options: ReconnectOptions | false) {
    this.#options = options === false ? undefined : options
    this.#baseMs = this.#options?.delayMs ?? 3_000
  }

  get delayMs(): number {
    const doubled = this.#baseMs * 2 ** Math.max(0, this.#failures - 1)
    return Math.min(doubled, this.#options?.maxDelayMs ?? 30_000)
  }

  advised(ms: number): void {
    this.#baseMs = Math.max(leastAdvisedMs, ms)
  }

  succeeded(): void {
    this.#failures = 0
  }

  /** Counts a failure; false once there were too many in a row. */
  goesOn(): boolean {
    this.#failures++
    if (this.#options === undefined) return false
    return this.#failures <= (this.#options.attempts ?? Number.POSITIVE_INFINITY)
  }
}

/** True where the same request may succeed later. */
function isPassing(error: unknown): boolean {
  if (!isPosthouseError(error)) return false
  if (error.code !== 'bad_status') return error.facts.retry
  const { response } = error as { response?: HttpResponse }
  const status = response?.status ?? 0
  return status >= 500 || [408, 425, 429].includes(status)
}
