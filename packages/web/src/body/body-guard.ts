import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Clock, Timer } from '@posthouse/core'
import { problem } from '../problem/problem.ts'

/** How slow a body may come. */
export interface Pace {
  /** How long the whole body may take, in ms; 0 for no end. */
  readonly timeout: number
  /** Bytes a second at least, on average after the first five seconds; 0 for none. */
  readonly minRate: number
}

interface Watched {
  readonly request: IncomingMessage
  readonly pace: Pace
  readonly fail: (problem: Error) => void
  readonly since: number
  readonly bytesBefore: number
  /** Time in which it was we who did not read. */
  excused: number
  /** Its neighbours in a list of all that are watched: to come and to go costs less than in a map. */
  before: Watched | undefined
  after: Watched | undefined
}

const sweepMs = 500
/** A connection that was only just made is allowed to be slow to start. */
const graceMs = 5000

/** Cuts bodies that come too slowly. One timer watches them all, and only while there are any. */
export class BodyGuard implements Disposable {
  readonly #clock: Clock
  /** The one that came last. */
  #last: Watched | undefined
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `fail` with a `Problem` 408 when the body of `request` falls behind `pace`. Ends with what it hands back. */
  watch(request: IncomingMessage, pace: Pace, fail: (problem: Error) => void): () => void {
    if (pace.timeout === 0 && pace.minRate === 0) return unwatched
    const watched: Watched = {
      request,
      pace,
      fail,
      since: this.#clock.elapsed(),
      bytesBefore: request.socket.bytesRead,
      excused: 0,
      before: this.#last,
      after: undefined,
    }
    if (this.#last !== undefined) this.#last.after = watched
    this.#last = watched
    this.#timer ??= this.#wait()
    return () => this.#leave(watched)
  }

  [Symbol.dispose](): void {
    this.#last = undefined
    this.#timer?.[Symbol.dispose]()
  }

  #wait(): Timer {
    return this.#clock.after(sweepMs, () => this.#sweep()).unref()
  }

  #sweep(): void {
    const now = this.#clock.elapsed()
    for (let watched = this.#last, next = watched; watched !== undefined; watched = next) {
      next = watched.before
      if (isFull(watched.request)) watched.excused += sweepMs
      const fault = faultOf(watched, now)
      if (fault === undefined) continue
      this.#leave(watched)
      watched.fail(problem(408, fault, { code: 'timeout', headers: { connection: 'close' } }))
    }
    this.#timer = this.#last === undefined ? undefined : this.#wait()
  }

  #leave(watched: Watched): void {
    const { before, after } = watched
    if (this.#last === watched) this.#last = before
    if (before !== undefined) before.after = after
    if (after !== undefined) after.before = before
    // One that has grown old before it goes must not lead to those that come later: they would survive with it.
    watched.before = undefined
    watched.after = undefined
  }
}

function unwatched(): void {}

function faultOf({ request, pace, since, bytesBefore, excused }: Watched, now: number): string | undefined {
  const took = now - since
  if (pace.timeout > 0 && took > pace.timeout) return `The body took longer than ${pace.timeout} ms`
  const counted = took - excused
  const bytes = request.socket.bytesRead - bytesBefore
  if (pace.minRate === 0 || counted < graceMs || (bytes / counted) * 1000 >= pace.minRate) return undefined
  return `The body came at less than ${pace.minRate} bytes a second`
}

/** True where bytes wait for a handler that reads slowly itself. */
function isFull(body: Readable): boolean {
  return body.readableLength >= body.readableHighWaterMark
}
