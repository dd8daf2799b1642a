import { cursorName, type InboxStore, type Logger, type Position } from '@posthouse/core'
import { inboxStream } from '@posthouse/protocol'
import type { Link } from '../peers/link.ts'
import type { Tally } from '../stats/tally.ts'
import { Feed, type FeedOptions, type StreamFeed } from './feed.ts'
import type { FeedSource, Opening } from './feed-source.ts'
import type { Outgoing } from './outgoing.ts'

const none: ReadonlyMap<string, StreamFeed> = new Map()

/** What the feeds of a client need. */
export interface FeedsOptions {
  readonly client: string
  readonly store: Pick<InboxStore, 'read'>
  readonly logger: Logger
  readonly tally: Tally
  /** Commits that everything up to `seq` of a cursor has been processed. */
  readonly acknowledge: (cursor: string, seq: number) => void
  /** Drops a cursor that nobody goes on from. */
  readonly forget: (cursor: string) => void
  /** Told of what cannot be said in the client's dialect, and is passed over. */
  readonly unsayable?: FeedOptions['unsayable']
  /** True for a message of the inbox that the client has given back. */
  readonly isGivenBack?: (seq: number) => boolean
  /** Keeps a message of a log that the client has given back. */
  readonly returned?: FeedOptions['returned']
}

/** All streams on their way to one client: its inbox always, others while it follows them. */
export class Feeds {
  readonly inbox: Feed
  readonly #options: FeedsOptions
  #link: Link | undefined
  #others: Map<string, StreamFeed> | undefined
  #turn = 0

  constructor(options: FeedsOptions) {
    this.#options = options
    const { client, acknowledge } = options
    this.inbox = new Feed({
      ...options,
      source: inboxSource(options),
      acknowledge: (seq) => acknowledge(client, seq),
    })
  }

  /** True while everything that is stored has gone out. */
  get done(): boolean {
    return this.inbox.done && [...this.followed().values()].every(({ done }) => done)
  }

  /** The feed of a stream besides the inbox; nothing where it is not followed. */
  of(stream: string): StreamFeed | undefined {
    return this.#others?.get(stream)
  }

  /** The streams besides the inbox that are followed. */
  followed(): ReadonlyMap<string, StreamFeed> {
    return this.#others ?? none
  }

  /** Has the client fed with what `source` has behind `seq`, from now on and until `unfollow`. */
  follow(stream: string, source: FeedSource, seq: number): Feed {
    const feed = this.make(stream, source, seq)
    this.add(stream, feed)
    return feed
  }

  /** A feed of what `source` has behind a position, or from what was read of it already, to be added. */
  make(stream: string, source: FeedSource, at: number | Opening): Feed {
    const { client, acknowledge } = this.#options
    const cursor = cursorName(client, stream)
    const commit = (to: number): void => acknowledge(cursor, to)
    const from = typeof at === 'number' ? { position: at } : { position: at.begin, opening: at }
    return new Feed({ ...this.#options, stream, source, ...from, acknowledge: commit })
  }

  /** Has the client fed by a feed of another make. */
  add(stream: string, feed: StreamFeed): void {
    this.unfollow(stream)
    this.#others ??= new Map()
    this.#others.set(stream, feed)
    if (this.#link === undefined) return
    this.#link.follow?.(stream, feed.position)
    feed.attach(this.#link, feed.position)
  }

  /** Ends a stream, and drops its cursor unless the source wants that to last. */
  unfollow(stream: string): void {
    const feed = this.#others?.get(stream)
    if (feed === undefined) return
    this.#others?.delete(stream)
    feed.end?.()
    if (feed.passing) this.#options.forget(cursorName(this.#options.client, stream))
    if (this.#link === undefined) return
    feed.detach(this.#link)
    this.#link.unfollow?.(stream)
    // What was not acknowledged of it filled the window, and is not waited for.
    this.wake()
  }

  /** Ends all streams but the inbox. */
  unfollowAll(): void {
    for (const stream of this.followed().keys()) this.unfollow(stream)
  }

  /** Begins to deliver over a link; `positions` says where, for each stream that it names. */
  attach(link: Link, positions: Readonly<Record<string, Position>>): void {
    this.#link = link
    this.inbox.attach(link, positions[inboxStream]?.seq ?? this.inbox.position)
    for (const [stream, feed] of this.followed()) feed.attach(link, positions[stream]?.seq ?? feed.position)
  }

  /** Stops delivering, if `link` is the one that is delivered to. */
  detach(link: Link): void {
    if (this.#link === link) this.#link = undefined
    this.inbox.detach(link)
    for (const feed of this.followed().values()) feed.detach(link)
  }

  /** A new envelope was stored for a stream that may be followed. */
  offer(stream: string, seq: number, outgoing: Outgoing): void {
    this.#others?.get(stream)?.offer?.(seq, outgoing)
  }

  /** The client has processed everything of a stream up to `seq`, of its inbox where none is named. */
  acknowledged(seq: number, stream?: string): void {
    const feed = stream === undefined ? this.inbox : this.#others?.get(stream)
    feed?.acknowledged(seq)
    if (this.#others !== undefined) this.wake()
  }

  /** The window may have opened. What opens it goes to the streams in turn, so that none has to wait for all of another. */
  wake(): void {
    if (this.#others === undefined) {
      this.inbox.wake()
      return
    }
    const waiting = [this.inbox, ...this.#others.values()].filter(({ done }) => !done)
    const first = waiting.length > 0 ? this.#turn++ % waiting.length : 0
    for (const feed of waiting.slice(first)) feed.wake()
    for (const feed of waiting.slice(0, first)) feed.wake()
  }
}

function inboxSource({ client, store, isGivenBack }: FeedsOptions): FeedSource {
  return {
    read: async (after, limit) => {
      const entries = await store.read(client, after, limit)
      const wanted = isGivenBack ? entries.filter(({ seq }) => !isGivenBack(seq)) : entries
      return { entries: wanted, scanned: entries.at(-1)?.seq ?? after, more: entries.length === limit }
    },
  }
}
