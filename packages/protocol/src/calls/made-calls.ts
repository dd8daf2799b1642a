import { BusyMap, type Clock, PosthouseError, type Timer } from '@posthouse/core'
import type { CancelFrame, CreditFrame, RequestFrame, ResponseFrame } from '../frame/call-frames.ts'
import type { CallDraft } from '../frame/draft-call.ts'
import { errorFromInfo } from '../frame/error-info.ts'
import { type CallOptions, callTime } from './call-time.ts'

/** What `MadeCalls` needs of its owner. */
export interface MadeCallsOptions {
  readonly clock: Clock
  /** @throws PosthouseError where a request cannot be sent */
  readonly write: (frame: RequestFrame | CancelFrame | CreditFrame) => void
  /** A call has come to its end. */
  readonly ended: () => void
}

/** Takes what comes of a call. */
interface Asker {
  whole(value: unknown): void
  part(value: unknown): void
  end(): void
  fail(error: PosthouseError): void
}

/** A call under way. */
interface Asked {
  readonly asker: Asker
  readonly timer: Timer
  readonly signal: AbortSignal | undefined
  readonly abort: () => void
}

/** Parts that a program takes before the callee is allowed as many more. */
const creditStep = 16

/** The calls that one end has made, and those who wait for their answers. Spec: 4.8. */
export class MadeCalls {
  readonly #options: MadeCallsOptions
  readonly #calls = new BusyMap<string, Asked>()
  #made = 0

  constructor(options: MadeCallsOptions) {
    this.#options = options
  }

  /** Calls under way. */
  get size(): number {
    return this.#calls.size
  }

  /**
   * Calls, and resolves with the whole answer.
   * @throws PosthouseError (also later) `invalid_option`, `aborted`, `timeout`, `call_failed`, or what the call failed with
   */
  request(call: CallDraft, options: CallOptions): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const inParts = (): void => {
      const problem = `${JSON.stringify(call.method)} answers in parts: take them with stream (--watch)`
      this.#giveUp(id, new PosthouseError('call_failed', problem))
    }
    const empty = (): void =>
      reject(new PosthouseError('call_failed', `${JSON.stringify(call.method)} answered no value`))
    const id = this.#begin(call, options, { whole: resolve, part: inParts, end: empty, fail: reject })
    return promise
  }

  /**
   * Calls when the loop over it begins, and yields the parts of the answer, or the whole one as the only value. Leaving the
   * loop gives the call up.
   * @throws PosthouseError (in the loop) what `request` documents
   */
  async *stream(call: CallDraft, options: CallOptions): AsyncGenerator<unknown, void, undefined> {
    const parts = new Parts()
    const id = this.#begin(call, options, parts)
    let taken = 0
    try {
      for (;;) {
        const next = parts.take() ?? (await parts.next())
        if (next === undefined) return
        yield next.value
        taken++
        if (taken < creditStep && parts.waiting) continue
        if (this.#calls.has(id)) this.#options.write({ op: 'credit', id, parts: taken })
        taken = 0
      }
    } finally {
      this.#giveUp(id, new PosthouseError('aborted', 'the loop was left'))
    }
  }

  /** Takes an answer or a part of one. One that nobody waits for has no effect. */
  receive({ id, error, part, end, body }: ResponseFrame): void {
    const asked = this.#calls.get(id)
    if (asked === undefined) return
    const value = body?.format === 'value' ? body.value : undefined
    if (error === undefined && part !== undefined && !end) {
      asked.asker.part(value)
      return
    }
    this.#close(id)
    if (error !== undefined) asked.asker.fail(errorFromInfo(error))
    else if (end) asked.asker.end()
    else asked.asker.whole(value)
  }

  /** Fails one call, and says whether it was under way. */
  fail(id: string, error: PosthouseError): boolean {
    const asked = this.#close(id)
    asked?.asker.fail(error)
    return asked !== undefined
  }

  failAll(error: PosthouseError): void {
    for (const id of [...this.#calls.keys()]) this.fail(id, error)
  }

  #begin(call: CallDraft, options: CallOptions, asker: Asker): string {
    const { signal } = options
    if (signal?.aborted) throw abortedBy(signal)
    const { clock, write } = this.#options
    const timeoutMs = callTime(options, clock)
    const id = `c${++this.#made}`
    const abort = (): void => this.#giveUp(id, abortedBy(signal))
    const timer = clock.after(timeoutMs, () => {
      this.#giveUp(id, new PosthouseError('timeout', `${call.to} did not answer ${call.method} within ${timeoutMs} ms`))
    })
    signal?.addEventListener('abort', abort)
    this.#calls.set(id, { asker, timer, signal, abort })
    try {
      write({ op: 'request', id, ...call, timeoutMs })
    } catch (error) {
      this.#close(id)
      throw error
    }
    return id
  }

  #giveUp(id: string, error: PosthouseError): void {
    const asked = this.#close(id)
    if (asked === undefined) return
    this.#options.write({ op: 'cancel', id })
    asked.asker.fail(error)
  }

  #close(id: string): Asked | undefined {
    const asked = this.#calls.get(id)
    if (asked === undefined) return undefined
    this.#calls.delete(id)
    asked.timer[Symbol.dispose]()
    asked.signal?.removeEventListener('abort', asked.abort)
    this.#options.ended()
    return asked
  }
}

/** The parts of an answer that wait to be taken. */
class Parts implements Asker {
  #values: { readonly value: unknown }[] = []
  #over = false
  #error: PosthouseError | undefined
  #wake: () => void = () => undefined

  get waiting(): boolean {
    return this.#values.length > 0
  }

  take(): { readonly value: unknown } | undefined {
    return this.#values.shift()
  }

  /** The next part; nothing behind the last one. Parts that came before a failure come before it. */
  async next(): Promise<{ readonly value: unknown } | undefined> {
    while (!this.#over && this.#values.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#values.length === 0 && this.#error !== undefined) throw this.#error
    return this.take()
  }

  whole(value: unknown): void {
    if (value !== undefined) this.part(value)
    this.end()
  }

  part(value: unknown): void {
    this.#values.push({ value })
    this.#wake()
  }

  end(): void {
    this.#over = true
    this.#wake()
  }

  fail(error: PosthouseError): void {
    this.#error = error
    // Who has given up wants no more of it.
    if (error.code === 'aborted') this.#values = []
    this.end()
  }
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}
