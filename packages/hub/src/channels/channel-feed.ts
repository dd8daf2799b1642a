import { type StoredEnvelope, toPosthouseError } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'
import type { Link } from '../peers/link.ts'
import type { Feed, StreamFeed } from '../routing/feed.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { retainedFrame } from './retained-frame.ts'
import type { RetainedValues } from './retained-values.ts'

/** What the feed of one subscription is made of. */
export interface ChannelFeedOptions {
  readonly feed: Feed
  readonly stream: string
  /** What comes before everything else. Default: nothing. */
  readonly retained?: RetainedValues | undefined
}

/** What is delivered to one subscription of channels: the retained values first, then what its feed brings. */
export class ChannelFeed implements StreamFeed {
  readonly #feed: Feed
  readonly #stream: string
  #retained: RetainedValues | undefined
  /** Whom the retained values are on their way to. */
  #greeting: Link | undefined

  constructor({ feed, stream, retained }: ChannelFeedOptions) {
    this.#stream = stream
    this.#feed = feed
    this.#retained = retained?.empty ? undefined : retained
  }

  get done(): boolean {
    return this.#greeting === undefined && this.#feed.done
  }

  get position(): number {
    return this.#feed.position
  }

  lost(): Promise<number> {
    return this.#feed.lost()
  }

  attach(link: Link, seq: number): void {
    this.#greeting = undefined
    if (this.#retained === undefined || link.stream === undefined) {
      this.#feed.attach(link, seq)
      return
    }
    this.#greeting = link
    this.#greet(link, seq, this.#retained).catch((error: unknown) => link.fail(toPosthouseError(error, 'store_failed')))
  }

  detach(link: Link): void {
    if (this.#greeting === link) this.#greeting = undefined
    this.#feed.detach(link)
  }

  wake(): void {
    this.#feed.wake()
  }

  acknowledged(seq: number): void {
    this.#feed.acknowledged(seq)
  }

  returned(seq: number, delayMs: number | undefined): void {
    this.#feed.returned(seq, delayMs)
  }

  offer(seq: number, outgoing: Outgoing): void {
    this.#feed.offer(seq, outgoing)
  }

  /** The retained values, as fast as the client reads them. What comes after them is in the log until then. */
  async #greet(link: Link, seq: number, retained: RetainedValues): Promise<void> {
    for await (const page of retained.pages()) {
      // The subscription may have ended, or another connection have come.
      if (this.#greeting !== link) return
      await new Promise<void>((resolve) => link.stream?.(this.#frames(link, page, resolve)))
    }
    if (this.#greeting !== link) return
    this.#greeting = undefined
    this.#retained = undefined
    this.#feed.attach(link, seq)
  }

  *#frames(link: Link, page: readonly StoredEnvelope[], written: () => void): Iterable<DeliverFrame> {
    for (const value of page) {
      if (this.#greeting !== link || link.dialect === 'cross_comm') break
      const frame = retainedFrame(value, this.#stream, link.dialect)
      if (frame !== undefined) yield frame
    }
    written()
  }
}
