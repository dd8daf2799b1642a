import { BusyMap, type Clock, DeadlineWatch, PosthouseError } from '@posthouse/core'
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
  readonly id: string
  readonly call: CallDraft
  readonly asker: Asker
  readonly timeoutMs: number
  readonly endsAt: number
  /** Lets go of the caller's signal. */
  readonly release: (() => void) | undefined
}

/** Parts that a program takes before the callee is allowed as many more. */
const creditStep = 16

/** The calls that one end has made, and those who wait for their answers. Spec: 4.8. */
export class MadeCalls {
  readonly #options: MadeCallsOptions
  readonly #calls = new BusyMap<string, Asked>()
  readonly #deadlines: DeadlineWatch<Asked>
  #made = 0

  constructor(options: MadeCallsOptions) {
    this.#options = options
    this.#deadlines = new DeadlineWatch({
      clock: options.clock,
      things: this.#calls,
      over: ({ id, call: { to, method }, timeoutMs }) => {
        this.#giveUp(id, new PosthouseError('timeout', `${to} did not answer ${method} within ${timeoutMs} ms`))
      },
    })
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
    const asker = new Whole(call.method, (error) => this.#giveUp(id, error))
    const id = this.#begin(call, options, asker)
    return asker.promise
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
    this.#deadlines[Symbol.dispose]()
  }

  #begin(call: CallDraft, options: CallOptions, asker: Asker): string {
    const { signal } = options
    if (signal?.aborted) throw abortedBy(signal)
    const { clock, write } = this.#options
    const timeoutMs = callTime(options, clock)
    const id = `c${++this.#made}`
    const release = signal && onAbort(signal, () => this.#giveUp(id, abortedBy(signal)))
    const asked: Asked = { id, call, asker, timeoutMs, endsAt: clock.elapsed() + timeoutMs, release }
    this.#calls.set(id, asked)
    try {
      write({ op: 'request', id, to: call.to, method: call.method, timeoutMs, body: call.body })
    } catch (error) {
      this.#close(id)
      throw error
    }
    this.#deadlines.add(asked)
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
    asked.release?.()
    this.#options.ended()
    return asked
  }
}

/** Waits for an answer in one piece. */
class Whole implements Asker {
  readonly promise: Promise<unknown>
  readonly fail: (error: PosthouseError) => void
  readonly whole: (value: unknown) => void
  readonly #method: string
  readonly #giveUp: (error: PosthouseError) => void

  constructor(method: string, giveUp: (error: PosthouseError) => void) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.promise = promise
    this.whole = resolve
    this.fail = reject
    this.#method = method
    this.#giveUp = giveUp
  }

  part(): void {
    const problem = `${JSON.stringify(this.#method)} answers in parts: take them with stream (--watch)`
    this.#giveUp(new PosthouseError('call_failed', problem))
  }

  end(): void {
    this.fail(new PosthouseError('call_failed', `${JSON.stringify(this.#method)} answered no value`))
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

/** Returns what takes the listener away again. */
function onAbort(signal: AbortSignal, abort: () => void): () => void {
  signal.addEventListener('abort', abort)
  return () => signal.removeEventListener('abort', abort)
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}
