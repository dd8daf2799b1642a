import type { Envelope, InboxStore } from '@posthouse/core'

/** Entries that are kept at hand. */
const pageSize = 64

/** One message in a queue. */
export interface QueueEntry {
  readonly seq: number
  readonly envelope: Envelope
  readonly attempt: number
  /** The inbox that it lies in until it is processed. */
  readonly inbox: string
}

/**
 * What one priority of a queue has for workers, in order: what came back first. A few entries are at hand, the rest is
 * read from the inbox. What was handed out stays in the inbox, behind the place where this reads on.
 */
export class Lane {
  readonly inbox: string
  readonly #store: Pick<InboxStore, 'read'>
  #ready: QueueEntry[] = []
  /** What workers had and have lost, oldest first. */
  #returned: QueueEntry[] = []
  /** The newest position that was at hand. */
  #cursor = 0
  #behind = true
  #arrived = false

  constructor(inbox: string, store: Pick<InboxStore, 'read'>) {
    this.inbox = inbox
    this.#store = store
  }

  /** True where the inbox may hold more than is at hand. */
  get behind(): boolean {
    return this.#behind
  }

  /** True where there is, or may be, something for a worker. */
  get promising(): boolean {
    return this.#behind || this.#ready.length > 0 || this.#returned.length > 0
  }

  /** Something was stored in the inbox, which may be at hand already. */
  offer(seq: number, envelope: Envelope, attempt: number): void {
    if (seq <= this.#cursor) return
    if (this.#behind || this.#ready.length >= pageSize) this.missed()
    else this.#add(seq, envelope, attempt)
  }

  /** Something was stored in the inbox; it will be read from there. */
  missed(): void {
    this.#behind = true
    this.#arrived = true
  }

  /** The next entry at hand that has not passed its time by `now`. */
  next(now: number): QueueEntry | undefined {
    for (;;) {
      const entry = this.#returned.shift() ?? this.#ready.shift()
      if (entry === undefined || (entry.envelope.expiresAt ?? Number.POSITIVE_INFINITY) > now) return entry
    }
  }

  /** Takes back an entry that was handed out and not processed. It comes before all that were not. */
  giveBack(entry: QueueEntry): void {
    const index = this.#returned.findLastIndex(({ seq }) => seq < entry.seq)
    this.#returned.splice(index + 1, 0, entry)
  }

  /** Keeps nothing at hand that can be read again. */
  rest(): void {
    const [first] = this.#ready
    if (first === undefined) return
    this.#cursor = first.seq - 1
    this.#ready = []
    this.missed()
  }

  /** Reads on in the inbox. */
  async fill(): Promise<void> {
    this.#arrived = false
    const page = await this.#store.read(this.inbox, this.#cursor, pageSize)
    for (const { seq, envelope, attempt = 1 } of page) this.#add(seq, envelope, attempt)
    this.#behind = page.length === pageSize || this.#arrived
  }

  #add(seq: number, envelope: Envelope, attempt: number): void {
    this.#ready.push({ seq, envelope, attempt, inbox: this.inbox })
    this.#cursor = seq
  }
}
