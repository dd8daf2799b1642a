import { Readable } from 'node:stream'
import { type Clock, PosthouseError, systemClock } from '@posthouse/core'
import { plainJson } from '../response/serializer.ts'
import { Coming } from './coming.ts'

/** One event for a client that listens with `EventSource`. */
export interface ServerEvent {
  /** Text goes as it is, anything else as JSON. */
  readonly data: unknown
  /** Under which name the client listens. Default: `message`. */
  readonly event?: string
  /** What the client sends as `Last-Event-ID` when it comes back. */
  readonly id?: string
  /** How long the client is to wait before it comes back, in ms. */
  readonly retry?: number
}

/** How a stream of events is kept alive. */
export interface EventStreamOptions {
  /** How often a comment is sent when nothing else is, in ms, so that no proxy takes it for dead. Default: 15,000. */
  readonly heartbeat?: number
  readonly clock?: Clock
}

const brand: unique symbol = Symbol.for('posthouse.eventStream')

/** A response that goes on: events as they come. */
export interface EventStream {
  readonly [brand]: true
  /** The bytes of the response. They end early when `stopped` is aborted. */
  readonly open: (stopped: AbortSignal) => Readable
}

/**
 * A response of events (server-sent events of the HTML standard). The source is asked for the next event when the client has
 * taken the one before, and is returned when the client has gone or the app stops.
 *
 * @example
 * app.get('/ticks', () => eventStream(async function* () {
 *   for await (const tick of ticks()) yield { data: tick }
 * }))
 */
export function eventStream(source: () => AsyncIterable<ServerEvent>, options: EventStreamOptions = {}): EventStream {
  return { [brand]: true, open: (stopped) => Readable.from(lines(source(), stopped, options), { objectMode: false }) }
}

/** True for what `eventStream` made. */
export function isEventStream(value: object): value is EventStream {
  return brand in value
}

async function* lines(
  source: AsyncIterable<ServerEvent>,
  stopped: AbortSignal,
  { heartbeat = 15_000, clock = systemClock }: EventStreamOptions,
): AsyncGenerator<string> {
  const events = source[Symbol.asyncIterator]()
  // So that the client knows that it is connected before anything happens.
  yield ':\n\n'
  try {
    let next = new Coming(events.next())
    while (!stopped.aborted) {
      const result = await nextOrPulse(next, stopped, (tick) => clock.after(heartbeat, tick))
      if (result === undefined) yield ':\n\n'
      else if (result.done === true) return
      else {
        yield linesOf(result.value)
        next = new Coming(events.next())
      }
    }
  } finally {
    // A source that waits for something else cannot be stopped; nobody waits for it.
    void Promise.resolve(events.return?.()).catch(() => undefined)
  }
}

/** The next event, or nothing when the heart beats before or all is stopped. */
async function nextOrPulse<Event>(
  next: Coming<Event>,
  stopped: AbortSignal,
  after: (tick: () => void) => Disposable,
): Promise<Event | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = () => resolve()
  using _timer = after(wake)
  stopped.addEventListener('abort', wake)
  next.whenHere(wake)
  await promise
  stopped.removeEventListener('abort', wake)
  return next.item
}

function linesOf({ data, event, id, retry }: ServerEvent): string {
  const text = typeof data === 'string' ? data : plainJson(data)
  const fields = [
    ...(event === undefined ? [] : [`event: ${oneLine(event)}`]),
    ...(id === undefined ? [] : [`id: ${oneLine(id)}`]),
    ...(retry === undefined ? [] : [`retry: ${Math.round(retry)}`]),
    ...text.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ]
  return `${fields.join('\n')}\n\n`
}

/** A line break in a name would begin a field of its own. */
function oneLine(text: string): string {
  if (!/[\r\n\0]/.test(text)) return text
  throw new PosthouseError('invalid_option', 'The name and the id of an event are one line of text')
}
