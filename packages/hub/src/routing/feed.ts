import { type Envelope, type ErrorCode, type Logger, toPosthouseError } from '@posthouse/core'
import type { Link } from '../peers/link.ts'
import type { Tally } from '../stats/tally.ts'
import type { FeedPage, FeedSource, Opening } from './feed-source.ts'
import { Outgoing } from './outgoing.ts'

const pageSize = 64
/** With so few messages to get a client counts as having caught up. */
const few = 64

/** One stream on its way to a client, as the client's link and session deal with it. */
export interface StreamFeed {
  /** True while everything that is stored has gone out. */
  readonly done: boolean
  /** Up to where the client has acknowledged it: where deliveries go on from. */
  readonly position: number
  /** True where the cursor is dropped when the client does not follow the stream any more. */
  readonly passing?: boolean
  /** Begins to deliver what comes after `seq`. */
  attach(link: Link, seq: number): void
  /** Stops delivering, if `link` is the one that is delivered to. */
  detach(link: Link): void
  /** The window may have opened. */
  wake(): void
  /** The client has processed everything up to `seq`; of a queue that message alone. */
  acknowledged(seq: number): void
  /** The client gives one message back that was on its way to it. */
  returned?(seq: number, delayMs: number | undefined): void
  /** Up to which position some of what the client has not acknowledged is not kept any more. */
  lost?(): Promise<number>
  /** The client does not follow the stream any more. */
  end?(): void
  /** A new envelope was stored. */
  offer?(seq: number, outgoing: Outgoing): void
}

/** What a feed needs. */
export interface FeedOptions {
  /** Whom it feeds. */
  readonly client: string
  /** Name of the stream; nothing for the inbox. */
  readonly stream?: string
  readonly source: FeedSource
  /** Up to where the client has acknowledged it. Default 0. */
  readonly position?: number
  /** What was read of it already, from that position on. Default: nothing. */
  readonly opening?: Opening | undefined
  readonly logger: Logger
  readonly tally: Tally
  /** Commits that everything up to `seq` has been processed. */
  readonly acknowledge: (seq: number) => void
  /** Told of what cannot be said in the client's dialect, and is passed over. */
  readonly unsayable?: ((envelope: Envelope, code: ErrorCode) => void) | undefined
  /** Keeps a message that the client has given back; of a log, where all others are to have it, too. */
  readonly returned?: ((envelope: Envelope, delayMs: number | undefined) => Promise<void>) | undefined
}

/**
 * Moves the stored envelopes of one stream to a client's link, in order, as far as the window allows. While the client
 * keeps up, envelopes go straight from the commit to the link; when it falls behind, the rest is read from the source.
 */
export class Feed implements StreamFeed {
  readonly #options: FeedOptions
  #link: Link | undefined
  /** The newest position that went to the link or was skipped. */
  #cursor = 0
  #behind = true
  #arrived = false
  #reading = false
  /** Messages that came while it was behind, as far as they were not read yet. */
  #waiting = 0
  /** The newest position that went to the link. */
  #handed = 0
  #acknowledged: number
  /** Messages that are being given back, and the newest acknowledgement that waits for that; 0 where none does. */
  #returning = 0
  #late = 0
  /** The newest envelope that did not go to the link: it leaves with the next acknowledgement. */
  #skipped = 0
  /**
   * What was read when it was asked what is missing: it cannot be trimmed before it is delivered, so that who lags behind by
   * as much as is kept still gets on.
   */
  #opening: Opening | undefined
  /** Behind this position nothing is missing, and the client may not have been told what is missing before it. */
  #missing: number | undefined

  constructor(options: FeedOptions) {
    this.#options = options
    this.#acknowledged = options.position ?? 0
    this.#opening = options.opening
  }

  get done(): boolean {
    return !this.#behind && !this.#reading
  }

  /** About how many messages are still to be read for a client that has fallen behind while it was connected. */
  get waiting(): number {
    return this.#waiting
  }

  get passing(): boolean {
    return !this.#options.source.lasting
  }

  get position(): number {
    return this.#acknowledged
  }

  attach(link: Link, seq: number): void {
    this.#link = link
    this.#cursor = seq
    this.#handed = seq
    if (seq !== this.#missing) this.#acknowledged = seq
    this.#skipped = 0
    this.#waiting = 0
    this.#behind = true
    this.wake()
  }

  detach(link: Link): void {
    if (this.#link === link) this.#link = undefined
    this.#opening = undefined
  }

  offer(seq: number, outgoing: Outgoing): void {
    if (seq <= this.#cursor) return
    if (this.#link === undefined) this.#behind = true
    else if (!this.#behind && this.#link.ready) this.#hand(this.#link, seq, outgoing)
    else {
      this.#behind = true
      this.#arrived = true
      this.#waiting++
      this.wake()
    }
  }

  async lost(): Promise<number> {
    const after = this.#acknowledged
    this.#opening = await this.#options.source.open?.(after)
    const begin = this.#opening?.begin ?? after
    this.#missing = begin > after ? begin : undefined
    return begin
  }

  end(): void {
    const { source, client } = this.#options
    // The cursor is dropped, or is that of the next session: what waits for a message to be kept must not move it.
    this.#late = 0
    source.left?.(client)
  }

  wake(): void {
    if (!this.#behind || this.#reading || !this.#link?.ready) return
    this.#reading = true
    this.#read(this.#link)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#reading = false
        // Another link may have come, or the window may have opened, while the last page was on its way.
        if (this.#link?.ready && this.#behind) this.wake()
      })
  }

  acknowledged(seq: number): void {
    // What is missing is told again until the client acknowledges something behind it: it may never have heard of it.
    if (seq === this.#missing) return
    if (this.#returning > 0) {
      this.#late = Math.max(this.#late, seq)
      return
    }
    const last = this.#skipped > seq && seq >= this.#handed ? this.#skipped : seq
    this.#acknowledged = last
    this.#options.acknowledge(last)
    this.wake()
  }

  /** What was given back is kept before an acknowledgement passes over it. */
  returned(seq: number, delayMs: number | undefined): void {
    this.#returning++
    this.#giveBack(seq, delayMs)
      .catch((error: unknown) => {
        this.#late = 0
        this.#fail(error)
      })
      .finally(() => {
        this.#returning--
        if (this.#returning > 0 || this.#late === 0) return
        const late = this.#late
        this.#late = 0
        this.acknowledged(late)
      })
  }

  async #giveBack(seq: number, delayMs: number | undefined): Promise<void> {
    const { entries } = await this.#options.source.read(seq - 1, 1)
    const [entry] = entries
    if (entry?.seq === seq) await this.#options.returned?.(entry.envelope, delayMs)
  }

  async #read(link: Link): Promise<void> {
    while (this.#behind && this.#link === link && link.ready) {
      this.#arrived = false
      const { entries, scanned, more } = this.#opened() ?? (await this.#options.source.read(this.#cursor, pageSize))
      if (this.#link !== link) return
      for (const { seq, envelope, attempt } of entries) {
        if (!link.ready) return
        this.#hand(link, seq, new Outgoing(envelope, seq, undefined, attempt))
        this.#gotOn(1)
      }
      if (scanned > this.#cursor) this.#cursor = scanned
      if (!more && !this.#arrived) {
        this.#behind = false
        this.#gotOn(this.#waiting)
      }
    }
  }

  #opened(): FeedPage | undefined {
    const opening = this.#opening
    this.#opening = undefined
    return opening?.begin === this.#cursor ? { ...opening.page, more: true } : undefined
  }

  #gotOn(messages: number): void {
    const before = this.#waiting
    this.#waiting = Math.max(0, before - messages)
    const { source, client } = this.#options
    if (before > few && this.#waiting <= few) source.drained?.(client)
  }

  #hand(link: Link, seq: number, outgoing: Outgoing): void {
    this.#cursor = seq
    if (this.#options.source.omits?.(outgoing.envelope, this.#options.client)) {
      this.#skip(seq)
      return
    }
    try {
      link.stored(seq, outgoing, this.#options.stream)
      this.#handed = seq
    } catch (error) {
      this.#tell(outgoing, error)
      this.#skip(seq)
    }
  }

  #skip(seq: number): void {
    this.#skipped = seq
    if (this.#acknowledged < this.#handed) return
    this.#acknowledged = seq
    this.#options.acknowledge(seq)
  }

  #tell({ envelope }: Outgoing, cause: unknown): void {
    const { code, message: reason } = toPosthouseError(cause)
    const { client: to, logger, tally, unsayable } = this.#options
    const { id, from } = envelope
    unsayable?.(envelope, code)
    logger.warn("a message cannot be said in its recipient's dialect", { to, from, id, code, reason })
    tally.unsayable++
  }

  #fail(cause: unknown): void {
    const { client, stream = 'inbox', logger } = this.#options
    const error = toPosthouseError(cause, 'store_failed')
    logger.error('a stream could not be read', { client, stream, error })
    this.#link?.fail(error)
  }
}
