import type { Position } from '@posthouse/core'
import { inboxStream, isQueueStream } from '../frame/frames.ts'
import { DeliveryBudget } from './delivery-budget.ts'
import { DeliveryWindow } from './delivery-window.ts'
import { SingleWindow } from './single-window.ts'
import type { StreamWindow } from './stream-window.ts'

/** Names of streams remembered that have ended on this connection: acknowledgements of them may still be on their way. */
const mostEnded = 256

/** What a client was sent of each of its streams and has not acknowledged. All of them share one budget. Spec: 4.4. */
export class DeliveryStreams {
  readonly #budget: DeliveryBudget
  readonly #inbox: DeliveryWindow
  #others: Map<string, StreamWindow> | undefined
  readonly #ended = new Set<string>()

  constructor(maxMessages: number, maxBytes: number) {
    this.#budget = new DeliveryBudget(maxMessages, maxBytes)
    this.#inbox = new DeliveryWindow(this.#budget)
  }

  /** True while another message fits, of whichever stream. */
  get open(): boolean {
    return this.#budget.open
  }

  /** Messages that are under way. */
  get size(): number {
    return this.#budget.messages
  }

  /** The window of a stream, the inbox where none is named; nothing for one that is not followed. */
  of(stream: string | undefined): StreamWindow | undefined {
    return stream === undefined || stream === inboxStream ? this.#inbox : this.#others?.get(stream)
  }

  /** True for a stream that was followed on this connection and is not any more. */
  ended(stream: string | undefined): boolean {
    return stream !== undefined && this.#ended.has(stream)
  }

  /** A new connection: forgets what was under way, and follows exactly these streams. */
  restart(positions: Readonly<Record<string, Position>>): void {
    for (const window of this.#others?.values() ?? []) window.restart(0)
    this.#others = undefined
    this.#ended.clear()
    this.#inbox.restart(0)
    for (const [stream, { seq }] of Object.entries(positions)) this.follow(stream, seq)
  }

  /** From now on the client is sent what comes after `seq` of this stream. */
  follow(stream: string, seq: number): void {
    if (this.of(stream) === undefined) {
      this.#others ??= new Map()
      this.#others.set(
        stream,
        isQueueStream(stream) ? new SingleWindow(this.#budget) : new DeliveryWindow(this.#budget),
      )
      this.#ended.delete(stream)
    }
    this.of(stream)?.restart(seq)
  }

  /** Nothing more of this stream is sent, and what was need not be acknowledged. */
  unfollow(stream: string): void {
    const window = this.#others?.get(stream)
    if (window === undefined) return
    window.restart(0)
    this.#others?.delete(stream)
    this.#ended.add(stream)
    const [oldest] = this.#ended
    if (this.#ended.size > mostEnded && oldest !== undefined) this.#ended.delete(oldest)
  }
}
