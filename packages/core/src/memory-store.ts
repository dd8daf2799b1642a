import { type Clock, systemClock } from './clock.ts'
import { type Envelope, envelopeBytes } from './envelope.ts'
import { PosthouseError } from './errors.ts'
import { randomHex } from './ids.ts'
import { MemoryInbox } from './memory-inbox.ts'
import { ProducerLedger } from './producer-ledger.ts'
import {
  type Acknowledgement,
  type Append,
  type AppendOutcome,
  type CommitOutcome,
  type Delivery,
  type Durability,
  defaultInboxLimits,
  type InboxLimits,
  type InboxState,
  type InboxStore,
  type StoredEnvelope,
} from './store.ts'

/** Settings of `MemoryInboxStore`. */
export interface MemoryInboxStoreOptions {
  readonly limits?: Partial<InboxLimits>
  /** Producers remembered for duplicate detection; the one unused for longest is forgotten first. Default 10,000. */
  readonly producers?: number
  readonly clock?: Clock
}

/** An inbox store in this process' memory: fast, and gone when the process ends. */
export class MemoryInboxStore implements InboxStore {
  readonly durability: Durability = 'memory'
  readonly #limits: InboxLimits
  readonly #clock: Clock
  readonly #epoch = randomHex(8)
  readonly #inboxes = new Map<string, MemoryInbox>()
  readonly #producers: ProducerLedger
  #seq = 0
  #closed = false

  constructor(options: MemoryInboxStoreOptions = {}) {
    this.#limits = { ...defaultInboxLimits, ...options.limits }
    this.#clock = options.clock ?? systemClock
    this.#producers = new ProducerLedger(options.producers ?? 10_000)
  }

  async commit(appends: readonly Append[], acknowledgements: readonly Acknowledgement[]): Promise<CommitOutcome> {
    this.#assertOpen()
    // Acknowledgements first: they make the room that an append of the same batch may need.
    // Nobody can have processed what is not there yet: a position from the future would swallow later ones.
    for (const { inbox, seq } of acknowledgements) this.#inboxes.get(inbox)?.acknowledge(Math.min(seq, this.#seq))
    return {
      appends: appends.map((append) => this.#append(append)),
      fill: acknowledgements.map(({ inbox }) => this.#current(inbox)?.fill ?? 0),
    }
  }

  async read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]> {
    this.#assertOpen()
    return this.#current(inbox)?.after(after, limit) ?? []
  }

  async inspect(inbox: string): Promise<InboxState> {
    this.#assertOpen()
    const found = this.#current(inbox)
    return {
      position: { epoch: this.#epoch, seq: found?.acknowledged ?? this.#seq },
      messages: found?.messages ?? 0,
      bytes: found?.bytes ?? 0,
    }
  }

  async lastAccepted(producer: string): Promise<number> {
    this.#assertOpen()
    return this.#producers.last(producer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#inboxes.clear()
  }

  #append(append: Append): AppendOutcome {
    const known = append.from && this.#producers.answer(append.from)
    if (known) return known
    const outcome: AppendOutcome =
      'refusal' in append ? { state: 'refused', code: append.refusal } : this.#store(append)
    if (append.from) this.#producers.record(append.from, outcome)
    return outcome
  }

  #store({ envelope, recipients }: Delivery): AppendOutcome {
    const bytes = envelopeBytes(envelope)
    const open: MemoryInbox[] = []
    const full: string[] = []
    for (const recipient of recipients) {
      const inbox = this.#current(recipient) ?? this.#create(recipient)
      if (inbox.hasRoom(bytes)) open.push(inbox)
      else full.push(recipient)
    }
    if (open.length === 0 && full.length > 0) return { state: 'refused', code: 'inbox_full' }
    const entry = { seq: ++this.#seq, envelope: detached(envelope) }
    for (const inbox of open) inbox.push(entry)
    const fill = recipients.map((recipient) => this.#inboxes.get(recipient)?.fill ?? 0)
    return { state: 'stored', seq: entry.seq, full, fill }
  }

  /** The inbox of that name without what has expired; an empty one is given up, its owner has processed everything. */
  #current(name: string): MemoryInbox | undefined {
    const inbox = this.#inboxes.get(name)
    inbox?.expire(this.#clock.now())
    if (inbox?.messages !== 0) return inbox
    this.#inboxes.delete(name)
    return undefined
  }

  #create(name: string): MemoryInbox {
    const inbox = new MemoryInbox(this.#limits, this.#seq)
    this.#inboxes.set(name, inbox)
    return inbox
  }

  #assertOpen(): void {
    if (this.#closed) throw new PosthouseError('closed', 'the memory inbox store was closed')
  }
}

/** The body may be a view into a much larger receive buffer, which must not be kept alive by it. */
function detached(envelope: Envelope): Envelope {
  const { bytes, format } = envelope.body
  if (bytes.byteLength === bytes.buffer.byteLength) return envelope
  // Not slice(), which is another view where the bytes are a Buffer.
  return { ...envelope, body: { format, bytes: new Uint8Array(bytes) } }
}
