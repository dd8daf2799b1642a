import {
  type Clock,
  clientAddress,
  type Envelope,
  type ErrorCode,
  type InboxStore,
  type Logger,
  PosthouseError,
  parseAddress,
} from '@posthouse/core'
import { type ErrorFrame, errorFrame, type ReadFrame } from '@posthouse/protocol'
import type { ClientRecord } from '../clients/client-record.ts'
import type { MessageFates, Registry } from '../clients/registry.ts'
import type { FileOffice } from '../files/file-office.ts'
import type { GroupBook } from '../groups/group-book.ts'
import type { Batcher } from '../routing/batcher.ts'
import type { Incoming, Router, SettleListener } from '../routing/router.ts'
import { outcomeOf } from '../routing/send-outcome.ts'
import { DeadLetters } from './dead-letters.ts'
import { Expiry } from './expiry.ts'
import { NotedDeliveries, type NotedDelivery } from './noted-deliveries.ts'
import { Receipts } from './receipts.ts'
import { type Returned, Returns } from './returns.ts'
import { ShelfClock } from './shelf-clock.ts'
import { ShelfDelivery } from './shelf-delivery.ts'
import { UnreadBook } from './unread-book.ts'

/** How far ahead `deliverAt` may be: a year, in milliseconds. Spec: 4.1.10. */
const longestWaitMs = 366 * 86_400_000

const pageSize = 64
/** Members of a group that gives receipts, at most. Spec: 4.6.3. */
const mostTelling = 64

/** What a delivery desk needs. */
export interface DeliveryDeskOptions {
  readonly store: InboxStore
  readonly registry: Pick<Registry, 'get'>
  readonly batcher: Batcher
  readonly clock: Clock
  readonly logger: Logger
  readonly router: Pick<Router, 'store' | 'offer'>
  readonly groups: Pick<GroupBook, 'get'>
  /** Absent where the hub keeps no files. */
  readonly files: Pick<FileOffice, 'assertKeptUntil'> | undefined
}

/** What happens to messages between their acceptance and their end: receipts, returns, times to come, dead letters. */
export class DeliveryDesk implements Disposable, MessageFates {
  readonly receipts: Receipts
  readonly shelf: ShelfClock
  readonly returns: Returns
  readonly deadLetters: DeadLetters
  readonly #options: DeliveryDeskOptions
  readonly #expiry: Expiry
  readonly #unread: UnreadBook

  constructor(options: DeliveryDeskOptions) {
    const receipts = new Receipts(options)
    const delivery = new ShelfDelivery({ ...options, receipts, store: (...args) => this.#route(...args) })
    const expiry = new Expiry({ ...options, receipts })
    const shelf = new ShelfClock({
      ...options,
      deliver: (entry) => delivery.due(entry),
      commit: () => options.batcher.committed(),
      patrol: () => expiry.look(),
    })
    this.receipts = receipts
    this.shelf = shelf
    this.deadLetters = new DeadLetters({ ...options, delivery })
    this.#options = options
    this.returns = new Returns({ ...options, receipts, shelf })
    this.#expiry = expiry
    this.#unread = new UnreadBook(options)
  }

  [Symbol.dispose](): void {
    this.shelf[Symbol.dispose]()
    this.receipts[Symbol.dispose]()
  }

  /**
   * Takes a qos 1 message, now or for a time to come, and tells `settle` what became of it.
   * @throws PosthouseError `invalid_field` where that time is too far away
   */
  accept(incoming: Incoming, deliverAt: number | undefined, settle: SettleListener): void {
    const { envelope } = incoming
    if (envelope.receipts && envelope.expiresAt !== undefined) {
      this.#expiry.expect(envelope.expiresAt)
      this.shelf.expect(envelope.expiresAt)
    }
    if (deliverAt === undefined || deliverAt <= envelope.ts) this.#route(incoming, settle)
    else this.#schedule(incoming, deliverAt, settle)
  }

  /** A message was handed to a client from its inbox. Costs next to nothing where there is nothing to note. */
  handed(record: ClientRecord, seq: number, { envelope, attempt }: NotedDelivery): void {
    if (!envelope.receipts && attempt === 1) return
    record.noted ??= new NotedDeliveries()
    record.noted.note(seq, { envelope, attempt })
    if (envelope.receipts) this.#unread.delivered(record, envelope)
  }

  /**
   * Finds again what is to be noted of deliveries behind `after` up to `upTo`, which an earlier run of the hub has made: its
   * client says to have processed them.
   */
  async recall(record: ClientRecord, after: number, upTo: number): Promise<void> {
    for (let from = after, more = true; more; ) {
      const page = await this.#options.store.read(record.id, from, pageSize)
      for (const { seq, envelope, attempt = 1 } of page) {
        if (seq <= upTo) this.handed(record, seq, { envelope, attempt })
        from = seq
      }
      more = page.length === pageSize && from < upTo
    }
  }

  /** The client has processed everything in its inbox up to `seq`. To be called before that is handed to the batcher. */
  acknowledged(record: ClientRecord, seq: number): void {
    if (record.noted === undefined) return
    for (const { envelope } of record.noted.upTo(seq)) {
      if (!envelope.receipts) continue
      this.receipts.tell(envelope, 'delivered', record.address)
      this.#unread.acknowledged(record, envelope)
    }
  }

  /** Begins with what earlier runs have left. */
  async start(): Promise<void> {
    try {
      await this.#unread.start()
    } finally {
      // What waits there comes, whatever became of the other.
      await this.shelf.start()
    }
  }

  /** A client gives a message back. */
  returned(record: ClientRecord, returned: Returned): void {
    const { seq, stream, delayMs } = returned
    if (stream === undefined) this.returns.take(record, returned)
    else record.feeds.followed().get(stream)?.returned?.(seq, delayMs)
    // There is room in the window.
    record.feeds.wake()
  }

  /** A client says that it has read a message. Resolves to what it is told, if anything. */
  async read(record: ClientRecord, frame: ReadFrame): Promise<readonly ErrorFrame[]> {
    const { id, from } = frame
    const at = this.#options.clock.now()
    if (await this.#unread.take(record, frame)) {
      this.receipts.send({ id, from }, { state: 'read', by: record.address, at })
      return []
    }
    const message = `no message ${JSON.stringify(id)} of ${JSON.stringify(from)} that was delivered waits for a receipt`
    return [errorFrame(new PosthouseError('unexpected_frame', message), 'receipt', id)]
  }

  /** A client is forgotten, and can say nothing of its messages any more. */
  forgot(record: ClientRecord): void {
    this.#unread.forgot(record)
  }

  unsayable(envelope: Envelope, client: string, code: ErrorCode): void {
    this.receipts.tell(envelope, 'failed', clientAddress(client), code)
  }

  keep(envelope: Envelope, client: string, delayMs: number | undefined): Promise<void> {
    return this.returns.keep(envelope, client, delayMs)
  }

  /** Some of several recipients had no room for a message. */
  full(envelope: Envelope, clients: readonly string[]): void {
    for (const client of clients) this.receipts.tell(envelope, 'failed', clientAddress(client), 'inbox_full')
  }

  #route(incoming: Incoming, settle: SettleListener): void {
    const { envelope } = incoming
    const { router } = this.#options
    if (envelope.receipts && this.#isLarge(envelope)) {
      const { receipts: _, ...quiet } = envelope
      router.store({ ...incoming, envelope: quiet }, settle)
    } else router.store(incoming, settle)
  }

  #isLarge({ to }: Envelope): boolean {
    const { kind, name } = parseAddress(to)
    return kind === 'group' && (this.#options.groups.get(name)?.members.size ?? 0) > mostTelling
  }

  #schedule({ envelope, from }: Incoming, dueAt: number, settle: SettleListener): void {
    if (dueAt > envelope.ts + longestWaitMs) {
      throw new PosthouseError('invalid_field', 'send: deliverAt is more than a year ahead')
    }
    this.#options.files?.assertKeptUntil(envelope, dueAt)
    this.#options.batcher.append({ envelope, dueAt, ...(from && { from }) }, (outcome) => {
      this.shelf.expect(dueAt)
      settle(outcomeOf(outcome))
    })
  }
}
