import { type Clock, PosthouseError, type Timer, toPosthouseError } from '@posthouse/core'
import type { CallbackType, CallRequest, CallResponse } from './call-request.ts'

/** Where a call was sent to, and may have been carried out. */
export interface Trace {
  /** What remembers its result there; nothing where results are not remembered. */
  readonly store: string | undefined
}

/** Takes the items of an answer that comes in parts. */
export interface ItemTaker {
  /** The first item that has not come. */
  readonly next: number
  /** Items that may come in all. */
  readonly credit: number
  /** @throws PosthouseError `call_lost` where items are missing */
  take(n: number, item: unknown): void
  /** Resolves when there is room for another item. */
  room(): Promise<void>
}

/** What is called, and how. */
export interface CallDraft {
  readonly id: string
  readonly api: string
  readonly data: unknown
  readonly callback: string
  readonly callbackUrl: string | undefined
  /** Its result is to come to the callback URL only. */
  readonly byCallback: boolean
  /** Being carried out twice does no harm. */
  readonly idempotent: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: unknown) => void) | undefined
  readonly items: ItemTaker | undefined
}

const encoder = new TextEncoder()

/** One call until its end, whichever doors it goes through. */
export class PendingCall {
  readonly draft: CallDraft
  /** What came of it; rejects where nothing came. */
  readonly done: Promise<CallResponse>
  /** Resolves when a server has it. */
  readonly handedOver: Promise<void>
  /** Where it was sent to; nothing while it cannot have been carried out. */
  trace: Trace | undefined
  /** Why nobody knows whether it arrived at a server that does not remember results. */
  doubt: PosthouseError | undefined
  /** Set by the door that has it: told at its end whether there was an answer. */
  leave: ((answered: boolean) => void) | undefined
  /** Told by a stream that more items may come. */
  credited: (() => void) | undefined
  readonly #clock: Clock
  readonly #result = Promise.withResolvers<CallResponse>()
  readonly #handed = Promise.withResolvers<void>()
  readonly #endsAt: number
  readonly #timer: Timer
  readonly #onAbort = (): void => this.fail(abortedBy(this.draft.signal))
  readonly #wakers = new Set<() => void>()
  /** The body as it was at the call; what the program changes later has no effect. */
  readonly #text: string
  #ended = false
  #fresh = true

  /** @throws PosthouseError `invalid_body`, `aborted` */
  constructor(draft: CallDraft, clock: Clock) {
    const { signal, timeoutMs } = draft
    if (signal?.aborted) throw abortedBy(signal)
    this.draft = draft
    this.#clock = clock
    this.#text = textOf(draft.data)
    this.done = this.#result.promise
    this.handedOver = this.#handed.promise
    this.#endsAt = clock.elapsed() + timeoutMs
    this.#timer = clock.after(timeoutMs, () => this.fail(this.#late()))
    signal?.addEventListener('abort', this.#onAbort)
  }

  get id(): string {
    return this.draft.id
  }

  get ended(): boolean {
    return this.#ended
  }

  /** What is left of its time, in milliseconds. */
  get restMs(): number {
    return Math.max(1, Math.ceil(this.#endsAt - this.#clock.elapsed()))
  }

  /**
   * Whether it may go to a server whose results are remembered by `store`: one that may have been carried out goes only where
   * that is remembered.
   */
  mayGoTo(store: string | undefined): boolean {
    return this.trace === undefined || this.draft.idempotent || (store !== undefined && store === this.trace.store)
  }

  /** @throws PosthouseError `body_too_large` */
  assertFits(maxBytes: number): void {
    if (this.#text.length * 3 <= maxBytes) return
    const bytes = encoder.encode(this.#text).length
    if (bytes <= maxBytes) return
    throw new PosthouseError(
      'body_too_large',
      `the data of ${this.draft.api} is ${bytes} bytes; ${maxBytes} may be sent`,
    )
  }

  /** What a server of the original kind knows, and what another one needs besides. */
  request(type: CallbackType, callbackUrl: string | undefined, isOriginal: boolean): CallRequest {
    const { api, callback, id, data, items } = this.draft
    const first = this.#fresh
    this.#fresh = false
    const request = {
      api,
      // Parsing it again is only needed where the program may have changed it meanwhile.
      data: first ? data : JSON.parse(this.#text),
      callback_type: type,
      callback_url: callbackUrl ?? null,
      callback_func: callback,
      request_id: id,
    }
    if (isOriginal) return request
    return {
      ...request,
      deadline_ms: this.restMs,
      ...(this.trace?.store !== undefined && !this.draft.idempotent && { store: this.trace.store }),
      ...(items && { stream: true, credit: items.credit, from: items.next }),
    }
  }

  /** A server has it. */
  handed(): void {
    this.#handed.resolve()
  }

  answer(response: CallResponse): void {
    if (this.#end(true)) this.#result.resolve(response)
  }

  fail(error: PosthouseError): void {
    if (this.#end(false)) this.#result.reject(error)
  }

  progress(progress: unknown): void {
    if (this.#ended) return
    try {
      this.draft.onProgress?.(progress)
    } catch (thrown) {
      // The door has nothing to do with it: it would take the connection for lost, or the program would end.
      this.fail(toPosthouseError(thrown, 'handler_failed'))
    }
  }

  item(n: number, item: unknown): void {
    const { items } = this.draft
    if (this.#ended || items === undefined) return
    try {
      items.take(n, item)
    } catch (error) {
      this.fail(error as PosthouseError)
    }
  }

  /** Resolves at the end of the call, or when `register` has its listener called. */
  wait(register: (wake: () => void) => Disposable): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        registered[Symbol.dispose]()
        this.#wakers.delete(go)
        resolve()
      }
      const registered = register(go)
      this.#wakers.add(go)
      if (this.#ended) go()
    })
  }

  /** Resolves at the end of the call. */
  end(): Promise<void> {
    return this.wait(() => ({ [Symbol.dispose]: () => undefined }))
  }

  /** Resolves after `ms`, at the end of the call, or when `listen` has its listener called. */
  pause(ms: number, listen?: (wake: () => void) => Disposable): Promise<void> {
    return this.wait((wake) => {
      const timer = this.#clock.after(ms, wake)
      const listening = listen?.(wake)
      return {
        [Symbol.dispose]: () => {
          timer[Symbol.dispose]()
          listening?.[Symbol.dispose]()
        },
      }
    })
  }

  #end(answered: boolean): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#timer[Symbol.dispose]()
    this.draft.signal?.removeEventListener('abort', this.#onAbort)
    const { leave } = this
    this.leave = undefined
    leave?.(answered)
    for (const wake of [...this.#wakers]) wake()
    return true
  }

  #late(): PosthouseError {
    const { api, timeoutMs } = this.draft
    const late = `${api} was not answered within ${timeoutMs} ms`
    if (this.trace === undefined) return new PosthouseError('timeout', `${late}: no server could be reached`)
    if (this.doubt !== undefined) return unknownOutcome(api, this.doubt.message)
    if (this.leave === undefined) return unknownOutcome(api, 'the connection was lost and did not come back in time')
    return new PosthouseError('timeout', `${late}; it may have been carried out`)
  }
}

/** Nobody can tell whether `api` was carried out. */
export function unknownOutcome(api: string, why: string): PosthouseError {
  return new PosthouseError('unknown_outcome', `${api} may have been carried out, or not: ${why}`)
}

function textOf(data: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (cause) {
    throw new PosthouseError('invalid_body', 'the data of a call is written as JSON', { cause })
  }
  const missing = text === undefined ? typeof data : bytesTrace.test(text) && hasBytes(data) ? 'bytes' : undefined
  if (text !== undefined && missing === undefined) return text
  throw new PosthouseError('invalid_body', `the data of a call is written as JSON, which has no ${missing}`)
}

/** What JSON makes of bytes: not what was meant, and not what a socket would make of them. */
const bytesTrace = /\{"0":|\{"type":"Buffer"/

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return ArrayBuffer.isView(value) || Object.values(value).some(hasBytes)
}

function abortedBy(signal: AbortSignal | undefined): PosthouseError {
  return new PosthouseError('aborted', 'the caller gave up', { cause: signal?.reason })
}
