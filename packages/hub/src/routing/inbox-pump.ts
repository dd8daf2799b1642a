import { type InboxStore, type Logger, toPosthouseError } from '@posthouse/core'
import type { Link } from '../peers/link.ts'
import type { Tally } from '../stats/tally.ts'
import { Outgoing } from './outgoing.ts'

const pageSize = 64

/** What a pump needs. */
export interface InboxPumpOptions {
  readonly inbox: string
  readonly store: InboxStore
  readonly logger: Logger
  readonly tally: Tally
  /** Commits that everything up to `seq` has left the inbox. */
  readonly acknowledge: (seq: number) => void
}

/**
 * Moves one client's stored envelopes to its link, in order, as far as the window allows. While the client keeps up,
 * envelopes go straight from the commit to the link; when it falls behind, the rest is read from the store.
 */
export class InboxPump {
  readonly #options: InboxPumpOptions
  #link: Link | undefined
  /** The newest position that went to the link or was skipped. */
  #cursor = 0
  #behind = false
  #arrived = false
  #reading = false
  /** The newest envelope that could not be said in the link's dialect: it leaves with the next acknowledgement. */
  #skipped = 0

  constructor(options: InboxPumpOptions) {
    this.#options = options
  }

  /** True while everything that is stored has gone out. */
  get done(): boolean {
    return !this.#behind && !this.#reading
  }

  /** Begins to deliver what comes after `seq`. */
  attach(link: Link, seq: number): void {
    this.#link = link
    this.#cursor = seq
    this.#skipped = 0
    this.#behind = true
    this.wake()
  }

  /** Stops delivering, if `link` is the one that is delivered to. */
  detach(link: Link): void {
    if (this.#link === link) this.#link = undefined
  }

  /** A new envelope was stored for this inbox. */
  offer(seq: number, outgoing: Outgoing): void {
    if (this.#link === undefined || seq <= this.#cursor) return
    if (!this.#behind && this.#link.ready) this.#hand(this.#link, seq, outgoing)
    else {
      this.#behind = true
      this.#arrived = true
      this.wake()
    }
  }

  /** The window may have opened. */
  wake(): void {
    if (!this.#behind || this.#reading || !this.#link?.ready) return
    this.#reading = true
    this.#read(this.#link)
      .catch((error: unknown) => {
        this.#options.logger.error('an inbox could not be read', { client: this.#options.inbox, error })
        this.#link?.fail(toPosthouseError(error, 'store_failed'))
      })
      .finally(() => {
        this.#reading = false
        // Another link may have come, or the window may have opened, while the last page was on its way.
        if (this.#link?.ready && this.#behind) this.wake()
      })
  }

  /** The client has processed everything up to `seq`. */
  acknowledged(seq: number): void {
    const last = this.#link?.idle && this.#skipped > seq ? this.#skipped : seq
    this.#options.acknowledge(last)
    this.wake()
  }

  async #read(link: Link): Promise<void> {
    while (this.#behind && this.#link === link && link.ready) {
      this.#arrived = false
      const page = await this.#options.store.read(this.#options.inbox, this.#cursor, pageSize)
      if (this.#link !== link) return
      for (const { seq, envelope } of page) {
        if (!link.ready) return
        this.#hand(link, seq, new Outgoing(envelope, seq))
      }
      if (page.length < pageSize && !this.#arrived) this.#behind = false
    }
  }

  #hand(link: Link, seq: number, outgoing: Outgoing): void {
    this.#cursor = seq
    try {
      link.stored(seq, outgoing)
    } catch (error) {
      this.#skip(link, seq, outgoing, error)
    }
  }

  #skip(link: Link, seq: number, outgoing: Outgoing, cause: unknown): void {
    const { code, message } = toPosthouseError(cause)
    const { id, from } = outgoing.envelope
    this.#options.logger.warn("a message cannot be said in its recipient's dialect", {
      to: this.#options.inbox,
      from,
      id,
      code,
      reason: message,
    })
    this.#options.tally.unsayable++
    this.#skipped = seq
    if (link.idle) this.#options.acknowledge(seq)
  }
}
