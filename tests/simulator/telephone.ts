import type { PosthouseError } from '@posthouse/core'
import type { Call, CallHandler } from '@posthouse/protocol/calls'
import type { CallDesk } from '../../packages/client/src/calls/call-desk.ts'

/** What is called. */
export const callMethods = ['echo', 'wait', 'break', 'count', 'peek'] as const

/**
 * `echo` is answered at once, `wait` when the world says so, `break` fails; `count` comes in parts, `peek` too, but
 * its caller leaves after a few.
 */
export type CallMethod = (typeof callMethods)[number]

/** A call to be made. */
export interface Inquiry {
  /** Stands in the body, and so in every honest answer. */
  readonly tag: string
  readonly to: string
  readonly method: CallMethod
  readonly timeoutMs: number
}

/** What a telephone tells the world. */
export interface TelephoneEvents {
  handled(tag: string): void
  /** An answer came that is not that of the call. */
  crossed(detail: string): void
}

/** A call at a handler that waits. */
interface Ringing {
  readonly call: Call
  readonly answer: (value: unknown) => void
}

const parts = 40
const peeked = 5

/** The calls of one life. */
export class Telephone {
  readonly handlers: ReadonlyMap<string, CallHandler>
  readonly ringing: Ringing[] = []
  /** What gives up the calls under way, oldest first. */
  readonly talking: AbortController[] = []
  readonly #desk: () => Promise<CallDesk>
  readonly #events: TelephoneEvents

  constructor(desk: () => Promise<CallDesk>, events: TelephoneEvents) {
    this.#desk = desk
    this.#events = events
    this.handlers = new Map<CallMethod, CallHandler>([
      ['echo', (call) => this.#heard(call)],
      ['wait', (call) => this.#ring(call)],
      ['count', (call) => counted(this.#heard(call))],
      ['peek', (call) => counted(this.#heard(call))],
      ['break', (call) => Promise.reject(new Error(`no answer to ${String(this.#heard(call))}`))],
    ])
  }

  /** Makes a call; resolves with how it ended. */
  async make(inquiry: Inquiry): Promise<string> {
    const abortion = new AbortController()
    this.talking.push(abortion)
    try {
      const { to, method, timeoutMs, tag } = inquiry
      const desk = await this.#desk()
      const options = { timeoutMs, signal: abortion.signal }
      if (method === 'count' || method === 'peek') {
        await this.#listen(desk.stream(to, method, tag, options), inquiry)
      } else {
        const answer = await desk.request(to, method, tag, options)
        if (answer !== tag) this.#events.crossed(`${tag} was answered ${String(answer)}`)
      }
      return 'answered'
    } catch (error) {
      return (error as PosthouseError).code
    } finally {
      this.talking.splice(this.talking.indexOf(abortion), 1)
    }
  }

  /** A handler that waits is done. */
  pickUp(index: number): void {
    const [waiting] = this.ringing.splice(index, 1)
    waiting?.answer(waiting.call.body)
  }

  async #listen(values: AsyncIterable<unknown>, { tag, method }: Inquiry): Promise<void> {
    let next = 0
    for await (const value of values) {
      if (value !== `${tag}:${next}`)
        this.#events.crossed(`${tag} was told ${String(value)} in the place of part ${next}`)
      next++
      if (method === 'peek' && next === peeked) return
    }
    if (next !== parts) this.#events.crossed(`${tag} ended after ${next} parts`)
  }

  #ring(call: Call): Promise<unknown> {
    this.#heard(call)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const ringing = { call, answer: resolve }
    this.ringing.push(ringing)
    call.signal.addEventListener('abort', () => {
      const index = this.ringing.indexOf(ringing)
      if (index >= 0) this.ringing.splice(index, 1)
      reject(call.signal.reason)
    })
    return promise
  }

  #heard({ body }: Call): unknown {
    this.#events.handled(String(body))
    return body
  }
}

async function* counted(tag: unknown): AsyncGenerator<string> {
  for (let part = 0; part < parts; part++) yield `${String(tag)}:${part}`
}
