import type { Message, Position, PosthouseError } from '@posthouse/core'
import type { DeliverFrame, Done, SubscribedFrame, SubscribeFrame } from '@posthouse/protocol'
import type { DialogEvents } from '../dialog/dialog.ts'
import type { Taker } from '../dialog/v1-dialog.ts'
import type { Listener } from '../listening/listener.ts'
import type { Waiter } from '../waiter.ts'

/** What a subscription is about. */
export interface Following {
  /** `channel:<pattern>` or `queue:<name>`. */
  readonly to: string
  readonly wish: Pick<SubscribeFrame, 'after' | 'last' | 'retained' | 'prefetch'>
  read(frame: DeliverFrame): Message
  /** Calls `done` itself. */
  handle(message: Message, done: Done): unknown
}

/** One subscription: it hands deliveries of its stream to its handler, and knows how far it has come. */
export class Follower implements Taker {
  readonly to: string
  readonly #listener: Listener
  readonly #following: Following
  readonly #events: DialogEvents
  #waiter: Waiter<void> | undefined
  #position: Position | undefined
  #ended = false

  constructor(following: Following, events: DialogEvents, waiter: Waiter<void>) {
    this.to = following.to
    this.#following = following
    this.#events = events
    this.#waiter = waiter
    const handler = (message: Message, done: Done): unknown => this.#handle(message, done)
    this.#listener = events.listeners.open({ matches: () => false, handler, byHand: true })
  }

  get position(): Position | undefined {
    return this.#position
  }

  /** What to ask the hub for: where it has come somewhere, it goes on from there. */
  get question(): Omit<SubscribeFrame, 'id'> {
    const { wish, to } = this.#following
    const { after, last, ...rest } = wish
    const from = this.#position === undefined ? { after, last } : { after: this.#position }
    return { op: 'subscribe', to, ...given(from), ...given(rest) }
  }

  take(frame: DeliverFrame, done?: Done): void {
    const message = this.#following.read(frame)
    // The hub keeps what is not taken any more.
    if (this.#events.draining()) return
    if (this.#ended) {
      this.#decline(done)
      return
    }
    const { listeners, remember } = this.#events
    const remembered = done && remember ? remember(`${this.to}\n${message.from}\n${message.id}`, done) : done
    if (remembered !== undefined || done === undefined) listeners.deliver(message, remembered, [this.#listener])
  }

  /** The hub delivers from here on. */
  began({ position }: Pick<SubscribedFrame, 'position'>): void {
    this.#position = position
    this.#waiter?.resolve()
    this.#waiter = undefined
  }

  /** Fails who waits for the beginning, and says whether somebody did. */
  failed(error: PosthouseError): boolean {
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.reject(error)
    return waiter !== undefined
  }

  /** Hands nothing more over. What waits is as good as not come: the message of a queue goes to another worker. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    for (const job of this.#listener.stop()) this.#decline(job.done)
    this.#events.listeners.remove(this.#listener)
  }

  #handle(message: Message, done: Done): unknown {
    const seq = 'seq' in message && typeof message.seq === 'number' ? message.seq : undefined
    return this.#following.handle(message, (back) => {
      if (seq !== undefined && this.#position !== undefined) this.#position = { ...this.#position, seq }
      done(back)
    })
  }

  #decline(done: Done | undefined): void {
    if (this.to.startsWith('queue:')) done?.({})
    else done?.()
  }
}

function given<Wish extends object>(wish: Wish): { [Name in keyof Wish]?: NonNullable<Wish[Name]> } {
  const present = Object.entries(wish).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present) as { [Name in keyof Wish]?: NonNullable<Wish[Name]> }
}
