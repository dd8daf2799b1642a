import { canonicalAddress, type Message, type Position, PosthouseError } from '@posthouse/core'
import type { Done, GroupRole, JoinedFrame, MembershipAnswer, SubscribedFrame, WelcomeFrame } from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import type { V1Dialog } from '../dialog/v1-dialog.ts'
import { handlerFailed } from '../listening/listener.ts'
import { createWaiter } from '../waiter.ts'
import { Follower, type Following } from './follower.ts'
import { askHistory, type History, type HistoryOptions } from './history.ts'
import { type Question, Questions } from './questions.ts'
import {
  type ChannelHandler,
  type ChannelMessage,
  channelMessage,
  nameOf,
  type QueueHandler,
  type QueueMessage,
  queueMessage,
} from './stream-messages.ts'
import type { Subscription } from './subscription.ts'

/** Whom `join` and `leave` are about. */
export interface LeaveOptions {
  /** Default: this client. For others one has to be an owner of the group. */
  readonly client?: string
}

/** How a group is joined. */
export interface JoinOptions extends LeaveOptions {
  /** Default `member`; who makes the group is its owner. */
  readonly role?: GroupRole
}

/** What a group is after somebody has joined it. */
export interface Membership {
  /** How many members it has. */
  readonly members: number
  /** That of who has joined. */
  readonly role: GroupRole
}

/** What a subscription to channels begins with. */
export interface SubscribeOptions {
  /** Goes on behind this position, or from the start of what is kept. Default: what comes from now on. */
  readonly after?: Position | 'start'
  /** The newest so many that are kept come first, 1 to 1,000. Not with `after`. */
  readonly last?: number
  /** Whether the values that the channels retain come first. Default true. */
  readonly retained?: boolean
  /** Ends the wait, and later the subscription. */
  readonly signal?: AbortSignal
}

/** How a queue is worked off. */
export interface WorkOptions {
  /** Messages that this client may have at a time, 1 to 256; they are handled side by side. Default 1. */
  readonly prefetch?: number
  /** Whether a message whose handler throws is given back, so that it comes again. Default true. */
  readonly retry?: boolean
  /** Ends the wait, and later the work. */
  readonly signal?: AbortSignal
}

/** What a desk follows, and until when. */
interface Plan extends Following {
  readonly signal: AbortSignal | undefined
}

/** A client's groups, channels and queues in the v1 dialects. */
export class StreamDesk {
  readonly #dialog: V1Dialog
  readonly #calls: () => Promise<CallDesk>
  readonly #questions: Questions
  readonly #followers = new Map<string, Follower>()
  /** Subscriptions that this client has ended and the hub, as far as is known, has not. */
  readonly #ending = new Set<Follower>()
  #begun = 0

  constructor(dialog: V1Dialog, calls: () => Promise<CallDesk>) {
    this.#dialog = dialog
    this.#calls = calls
    this.#questions = new Questions(dialog.settings.clock, (frame) => void dialog.write(frame))
  }

  /** @throws PosthouseError (also later) what `HubClient.join` documents */
  async join(group: string, { client, role }: JoinOptions = {}): Promise<Membership> {
    const to = canonicalAddress(`group:${group}`)
    const question = { op: 'join', to, ...(client !== undefined && { client }), ...(role && { role }) } as const
    const joined = (await this.#ask(question)) as JoinedFrame
    return { members: joined.members, role: joined.role }
  }

  /** @throws PosthouseError (also later) what `HubClient.leave` documents */
  async leave(group: string, { client }: LeaveOptions = {}): Promise<void> {
    const to = canonicalAddress(`group:${group}`)
    await this.#ask({ op: 'leave', to, ...(client !== undefined && { client }) })
  }

  /** @throws PosthouseError `not_connected` */
  read({ id, from }: Pick<Message, 'id' | 'from'>): void {
    this.#assertOpen()
    this.#dialog.write({ op: 'receipt', id, from, state: 'read' })
  }

  /** @throws PosthouseError (also later) what `HubClient.history` documents */
  async history(channel: string, options: HistoryOptions = {}): Promise<History> {
    const calls = await this.#calls()
    return askHistory(calls, channel, options)
  }

  /** @throws PosthouseError (also later) what `HubClient.subscribe` documents */
  subscribe(pattern: string, handler: ChannelHandler, options: SubscribeOptions = {}): Promise<Subscription> {
    const { signal, ...wish } = options
    const handle = async (message: Message, done: Done): Promise<void> => {
      try {
        // `read` has made it.
        await handler(message as ChannelMessage)
      } finally {
        done()
      }
    }
    return this.#follow({ to: `channel:${pattern}`, wish, signal, read: channelMessage, handle })
  }

  /** @throws PosthouseError (also later) what `HubClient.work` documents */
  work(queue: string, handler: QueueHandler, options: WorkOptions = {}): Promise<Subscription> {
    const { signal, retry = true, prefetch } = options
    const handle = (message: Message, done: Done): void => {
      // The hub sends no more than may be handled side by side.
      const handled = (async () => handler(message as QueueMessage))()
      handled.then(
        () => done(),
        (cause: unknown) => {
          done(retry ? {} : undefined)
          this.#dialog.events.watchers.fail(handlerFailed(message, cause))
        },
      )
    }
    const wish = prefetch === undefined ? {} : { prefetch }
    return this.#follow({ to: canonicalAddress(`queue:${queue}`), wish, signal, read: queueMessage, handle })
  }

  /** A connection begins: what the hub does not know, or not any more, it is told. */
  welcomed({ resumed, positions }: Pick<WelcomeFrame, 'resumed' | 'positions'>): void {
    for (const follower of this.#ending) {
      if (resumed) void this.#unsubscribe(follower)
      else this.#forget(follower)
    }
    for (const follower of this.#followers.values()) {
      const position = resumed ? positions[follower.to] : undefined
      if (this.#isEnding(follower.to)) continue
      if (position === undefined || follower.to.startsWith('queue:')) this.#begin(follower)
      else follower.began({ position })
    }
  }

  answered(answer: MembershipAnswer): void {
    this.#questions.answered(answer)
  }

  /** The hub refused a question, or has ended a subscription. Says whether somebody waited for that. */
  refused(error: PosthouseError, { id, to }: { readonly id?: string; readonly to?: string }): boolean {
    if (id !== undefined) return this.#questions.refused(id, error)
    const follower = this.#followers.get(to ?? '')
    if (follower) this.#drop(follower)
    return follower?.failed(error) ?? false
  }

  /** The connection is gone, or the client is closed. */
  fail(error: PosthouseError): void {
    this.#questions.fail(error)
    if (error.code !== 'closed') return
    for (const follower of [...this.#followers.values()]) {
      this.#drop(follower)
      follower.failed(error)
    }
  }

  async #follow({ signal, ...following }: Plan): Promise<Subscription> {
    const { to } = following
    if (this.#followers.has(to)) throw new PosthouseError('invalid_option', `${to} is subscribed to already`)
    const abort = (): void => void this.#end(follower)
    const waiter = createWaiter<void>(signal, abort)
    const follower = new Follower(following, this.#dialog.events, waiter)
    this.#followers.set(to, follower)
    if (this.#dialog.openLine && !this.#isEnding(to)) this.#begin(follower)
    await waiter.promise
    signal?.addEventListener('abort', abort)
    const close = (): Promise<void> => {
      signal?.removeEventListener('abort', abort)
      return this.#end(follower)
    }
    return {
      name: nameOf(to),
      get position() {
        return follower.position
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  #begin(follower: Follower): void {
    const { takers, session } = this.#dialog
    const { to } = follower
    takers.set(to, follower)
    if (to.startsWith('channel:') && !session.copies.has(to)) session.copies.set(to, ++this.#begun)
    this.#questions.ask(follower.question, {
      answered: (answer) => {
        // The ids of questions differ, so that it is the answer to this one.
        const { position, gaps = [] } = answer as SubscribedFrame
        follower.began({ ...(position && { position }) })
        for (const gap of gaps) this.#dialog.events.watchers.tell('gap', gap)
      },
      failed: (error) => {
        // It is asked for again with the next connection.
        if (error.code === 'not_connected') return
        this.#drop(follower)
        if (!follower.failed(error)) this.#dialog.events.watchers.fail(error)
      },
    })
  }

  async #end(follower: Follower): Promise<void> {
    if (this.#followers.get(follower.to) !== follower) return
    this.#followers.delete(follower.to)
    follower.end()
    this.#ending.add(follower)
    if (this.#dialog.openLine) await this.#unsubscribe(follower)
  }

  #unsubscribe(follower: Follower): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#questions.ask(
      { op: 'unsubscribe', to: follower.to },
      {
        answered: () => {
          this.#ended(follower)
          resolve()
        },
        failed: (error) => {
          if (error.code !== 'not_connected') this.#ended(follower)
          resolve()
        },
      },
    )
    return promise
  }

  /** It has ended at the hub, which can be asked for the next one: what was said before is not taken to be about that. */
  #ended(follower: Follower): void {
    this.#forget(follower)
    const next = this.#followers.get(follower.to)
    if (next && !this.#isEnding(next.to)) this.#begin(next)
  }

  #isEnding(to: string): boolean {
    return [...this.#ending].some((follower) => follower.to === to)
  }

  /** It has ended at the hub. */
  #drop(follower: Follower): void {
    this.#followers.delete(follower.to)
    follower.end()
    this.#forget(follower)
  }

  #forget(follower: Follower): void {
    this.#ending.delete(follower)
    const { takers, session } = this.#dialog
    const { to } = follower
    if (takers.get(to) !== follower) return
    takers.delete(to)
    session.ended(to)
  }

  #ask(question: Question): Promise<MembershipAnswer> {
    this.#assertOpen()
    const { promise, resolve, reject } = Promise.withResolvers<MembershipAnswer>()
    this.#questions.ask(question, { answered: resolve, failed: reject })
    return promise
  }

  #assertOpen(): void {
    if (this.#dialog.openLine === undefined) throw new PosthouseError('not_connected', 'there is no connection now')
  }
}
