import { BusyMap, type Clock, PosthouseError, toPosthouseError } from '@posthouse/core'
import type { BodyForm } from '../frame/body-value.ts'
import type { RequestFrame, ResponseFrame } from '../frame/call-frames.ts'
import { callBody, noHandler } from '../frame/draft-call.ts'
import { errorInfo } from '../frame/error-info.ts'
import { PartWindow } from './part-window.ts'

/** A call, as its handler sees it. */
export interface Call {
  /** The address of the caller, stamped by the hub. */
  readonly from: string
  readonly method: string
  /** As it was sent; absent where nothing was. */
  readonly body: unknown
  /** Aborted when nobody waits for the answer any more: given up, too late, or a connection was lost. */
  readonly signal: AbortSignal
  /** When the caller stops waiting, in Unix milliseconds of this program's clock. */
  readonly deadline: number
}

/**
 * Answers calls: returns a value, a promise of one, or an async iterable, whose values become the parts of the answer. What
 * it throws fails the call: the code and message of a `PosthouseError` reach the caller, of other errors nothing does.
 */
export type CallHandler = (call: Call) => unknown

/** What `HandledCalls` needs of its owner. */
export interface HandledCallsOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly handlers: ReadonlyMap<string, CallHandler>
  /** Calls handled at the same time. */
  readonly most: number
  /** Of the bodies of answers. */
  readonly form: BodyForm
  /**
   * Sends a response, and returns how many bytes it takes.
   * @throws PosthouseError where it cannot be sent
   */
  readonly write: (frame: ResponseFrame) => number
  /** Told of what went wrong in a handler and does not reach the caller. */
  readonly failed: (error: PosthouseError, call: Call) => void
  /** A call has come to its end. */
  readonly ended: () => void
}

/** Longest message of an error that crosses, in UTF-16 code units. Spec: 4.8.5. */
const longestMessage = 4096

/** Why nobody waits any more. */
const givenUp = (): PosthouseError => new PosthouseError('aborted', 'the caller does not wait any more')

/** A call at its handler. */
class Running implements Call {
  readonly id: string
  readonly from: string
  readonly method: string
  readonly body: unknown
  readonly deadline: number
  readonly window = new PartWindow()
  #abortion: AbortController | undefined
  #reason: PosthouseError | undefined

  constructor(frame: RequestFrame, now: number) {
    const { id, from = '', method, body, timeoutMs = 0 } = frame
    this.id = id
    this.from = from
    this.method = method
    this.body = body?.format === 'value' ? body.value : body
    this.deadline = now + timeoutMs
  }

  // Most handlers never ask for it.
  get signal(): AbortSignal {
    this.#abortion ??= new AbortController()
    if (this.#reason !== undefined) this.#abortion.abort(this.#reason)
    return this.#abortion.signal
  }

  abort(reason: PosthouseError): void {
    this.#reason ??= reason
    this.#abortion?.abort(reason)
    this.window.close()
  }
}

/** The calls that one end answers: runs their handlers and sends what these return. Spec: 4.8. */
export class HandledCalls {
  readonly #options: HandledCallsOptions
  /** Calls that are waited for, by id. */
  readonly #calls = new BusyMap<string, Running>()
  /** Handlers at work, those included that nobody waits for any more. */
  #working = 0

  constructor(options: HandledCallsOptions) {
    this.#options = options
  }

  /** Handlers at work. */
  get size(): number {
    return this.#working
  }

  /** Takes a call. It is answered without delay where there is no handler, or too many are at work. */
  receive(frame: RequestFrame): void {
    const { handlers, most, clock } = this.#options
    const handler = handlers.get(frame.method)
    if (handler === undefined) this.#refuse(frame.id, noHandler(frame.method))
    else if (this.#working >= most) {
      this.#refuse(frame.id, new PosthouseError('too_many_calls', `${most} calls are being handled already`))
    } else {
      const call = new Running(frame, clock.now())
      this.#calls.set(frame.id, call)
      this.#working++
      this.#run(call, handler)
    }
  }

  /** Nobody waits for a call any more. */
  cancel(id: string): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    call?.abort(givenUp())
  }

  grant(id: string, parts: number): void {
    this.#calls.get(id)?.window.grant(parts)
  }

  /** Nobody waits for any call any more, because of this. */
  cancelAll(reason: PosthouseError): void {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const call of calls) call.abort(reason)
  }

  #run(call: Running, handler: CallHandler): void {
    let goesOn = false
    try {
      const result = handler(call)
      // Who answers at once needs no promise.
      goesOn = isThenable(result) || isAsyncIterable(result)
      if (goesOn) void this.#runOn(call, result)
      else this.#answer(call, result)
    } catch (error) {
      this.#fail(call, error)
    } finally {
      if (!goesOn) this.#end(call)
    }
  }

  async #runOn(call: Running, begun: unknown): Promise<void> {
    try {
      const result = await begun
      if (isAsyncIterable(result)) await this.#sendParts(call, result)
      else this.#answer(call, result)
    } catch (error) {
      this.#fail(call, error)
    } finally {
      this.#end(call)
    }
  }

  #answer(call: Running, result: unknown): void {
    if (!this.#waitedFor(call)) return
    this.#options.write({ op: 'response', id: call.id, body: callBody(result, this.#options.form) })
  }

  #end(call: Running): void {
    if (this.#waitedFor(call)) this.#calls.delete(call.id)
    this.#working--
    this.#options.ended()
  }

  async #sendParts(call: Running, values: AsyncIterable<unknown>): Promise<void> {
    const { id, window } = call
    let part = 0
    for await (const value of values) {
      // Only behind the last value is it known that there are no more: one is made before there is room for it.
      await window.room()
      if (!this.#waitedFor(call)) return
      // A part has a body: nothing is said as null.
      window.sent(this.#options.write({ op: 'response', id, part, body: callBody(value ?? null, this.#options.form) }))
      part++
    }
    if (this.#waitedFor(call)) this.#options.write({ op: 'response', id, part, end: true })
  }

  #waitedFor(call: Running): boolean {
    return this.#calls.get(call.id) === call
  }

  #fail(call: Running, cause: unknown): void {
    const waited = this.#waitedFor(call)
    const error = errorOf(cause)
    if (!waited && call.signal.aborted && (cause === call.signal.reason || isAbort(error.cause))) return
    if (error !== cause) this.#options.failed(error, call)
    if (!waited) return
    const message = `the handler of ${JSON.stringify(call.method)} failed`
    this.#refuse(call.id, error === cause ? error : new PosthouseError('handler_failed', message))
  }

  #refuse(id: string, error: PosthouseError): void {
    const info = errorInfo(error)
    // What a handler has put into it must not keep its caller from being told.
    const message = String(info.message).slice(0, longestMessage).toWellFormed()
    this.#options.write({ op: 'response', id, error: { ...info, message } })
  }
}

/** What a handler threw. Of some things, such as an object without a prototype, nothing can be said. */
function errorOf(cause: unknown): PosthouseError {
  try {
    return toPosthouseError(cause, 'handler_failed')
  } catch {
    return new PosthouseError('handler_failed', 'the handler threw something that cannot be read')
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isAbort(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'AbortError'
}
