import { type ErrorCode, isPosthouseError, PosthouseError } from '@posthouse/core'
import type { Phase } from './phase.ts'
import type { Timeouts } from './timeouts.ts'
import type { Watch, Watched } from './watch.ts'

const phaseErrors: Readonly<Record<Phase, readonly [ErrorCode, string]>> = {
  pool: ['pool_timeout', 'no connection became free'],
  connect: ['connect_timeout', 'the connection was not made'],
  write: ['write_timeout', 'the server took nothing more of the request'],
  firstByte: ['first_byte_timeout', 'the server did not begin to answer'],
  read: ['read_timeout', 'nothing more of the answer came'],
}

/** What a request's life hangs on: its deadlines and its caller. */
export class Lifeline implements Watched {
  place = -1
  readonly #watch: Watch
  readonly #timeouts: Timeouts
  readonly #caller: AbortSignal | undefined
  #totalAt: number
  #attemptAt = Number.POSITIVE_INFINITY
  #phaseAt = Number.POSITIVE_INFINITY
  #phase: Phase | undefined
  #listener: ((reason: Error) => void) | undefined
  #controller: AbortController | undefined
  #requestController: AbortController | undefined
  #closed = false
  /** Why the attempt is over. */
  #reason: Error | undefined
  /** Why the whole request is over. */
  #final: Error | undefined

  constructor(watch: Watch, timeouts: Timeouts, caller?: AbortSignal) {
    this.#watch = watch
    this.#timeouts = timeouts
    this.#caller = caller
    this.#totalAt = watch.clock.elapsed() + timeouts.total
    if (caller === undefined) return
    if (caller.aborted) this.#onCallerAbort()
    else caller.addEventListener('abort', this.#onCallerAbort)
  }

  /** Fires when the whole request is over before its time; whoever asks for it may wait where no phase is entered. */
  get requestSignal(): AbortSignal {
    this.#arm()
    if (this.#requestController === undefined) {
      this.#requestController = new AbortController()
      if (this.#final !== undefined) this.#requestController.abort(this.#final)
    }
    return this.#requestController.signal
  }

  /** Fires when the attempt or the request is over before its time. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** When the request must be done, as the clock's `elapsed()` tells time. */
  get deadline(): number {
    return this.#totalAt
  }

  onAbort(listener: ((reason: Error) => void) | undefined): void {
    this.#listener = listener
    if (listener !== undefined && this.#reason !== undefined) this.#tell(this.#reason)
  }

  /** @throws the reason, where the whole request is over. */
  beginAttempt(): void {
    if (this.#final !== undefined) throw this.#final
    this.#reason = undefined
    this.#controller = undefined
    this.#attemptAt = this.#watch.clock.elapsed() + this.#timeouts.attempt
    this.#arm()
  }

  /** The deadline of `phase` counts from now on, and that of the phase before no longer; none while a reader makes us wait. */
  enter(phase: Phase | undefined): void {
    this.#phase = phase
    this.#phaseAt = phase === undefined ? Number.POSITIVE_INFINITY : this.#watch.clock.elapsed() + this.#timeouts[phase]
    if (this.#phaseAt < this.#watch.looksAt) this.#arm()
  }

  /** Nothing is under way: only the deadline of the whole request counts. */
  rest(): void {
    this.#phase = undefined
    this.#phaseAt = Number.POSITIVE_INFINITY
    this.#attemptAt = Number.POSITIVE_INFINITY
    this.#listener = undefined
  }

  /** The answer has begun and is read as a stream: only the phases count now. */
  stream(): void {
    this.#totalAt = Number.POSITIVE_INFINITY
    this.#attemptAt = Number.POSITIVE_INFINITY
  }

  /** Ends the whole request. */
  abort(reason: Error): void {
    if (this.#final !== undefined) return
    this.#final = reason
    this.#end(reason)
    this.#requestController?.abort(reason)
  }

  /** A lifeline for an attempt among others at the same time: it ends with `signal` and has its own phases. */
  fork(signal: AbortSignal): Lifeline {
    const total = Math.max(1, this.#totalAt - this.#watch.clock.elapsed())
    return new Lifeline(this.#watch, { ...this.#timeouts, total }, signal)
  }

  /** Nothing can end it any more. */
  close(): void {
    this.#closed = true
    this.#watch.letGo(this)
    this.#listener = undefined
    this.#caller?.removeEventListener('abort', this.#onCallerAbort)
  }

  readonly #onCallerAbort = (): void => {
    const cause: unknown = this.#caller?.reason
    this.abort(isPosthouseError(cause) ? cause : new PosthouseError('aborted', 'the caller gave up', { cause }))
  }

  /** The first of its deadlines. */
  get dueAt(): number {
    return Math.min(this.#totalAt, this.#attemptAt, this.#phaseAt)
  }

  onDue(now: number): void {
    if (this.#phaseAt <= now && this.#phaseAt <= Math.min(this.#attemptAt, this.#totalAt)) this.#onPhase()
    else if (this.#attemptAt <= now && this.#attemptAt <= this.#totalAt) this.#onAttempt()
    else if (this.#totalAt <= now) this.#onTotal()
  }

  #arm(): void {
    if (!this.#closed) this.#watch.follow(this)
  }

  #onPhase(): void {
    const phase = this.#phase
    this.#phaseAt = Number.POSITIVE_INFINITY
    if (phase === undefined) return
    const [code, what] = phaseErrors[phase]
    this.#end(new PosthouseError(code, `${what} within ${this.#timeouts[phase]} ms`))
  }

  #onAttempt(): void {
    this.#attemptAt = Number.POSITIVE_INFINITY
    this.#end(new PosthouseError('attempt_timeout', `the attempt took longer than ${this.#timeouts.attempt} ms`))
  }

  #onTotal(): void {
    this.#totalAt = Number.POSITIVE_INFINITY
    const { total } = this.#timeouts
    this.abort(new PosthouseError('total_timeout', `the request took longer than ${total} ms`))
  }

  #end(reason: Error): void {
    this.#reason = reason
    this.#tell(reason)
    this.#controller?.abort(reason)
  }

  #tell(reason: Error): void {
    const listener = this.#listener
    this.#listener = undefined
    listener?.(reason)
  }
}
