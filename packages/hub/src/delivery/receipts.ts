import {
  type Clock,
  type Delivery,
  type Envelope,
  type Logger,
  PosthouseError,
  parseAddress,
  type Timer,
} from '@posthouse/core'
import type { Registry } from '../clients/registry.ts'
import type { Batcher } from '../routing/batcher.ts'
import { Outgoing } from '../routing/outgoing.ts'
import { type ReceiptFacts, receiptEnvelope } from './receipt-envelope.ts'

/** When is tried again what the store has failed to keep. */
const retryMs = 1000

/** What became of a message that the hub has sent. */
export interface HubReceipt extends ReceiptFacts {
  /** Of the message. */
  readonly id: string
}

/** Told what became of a message that the hub has sent. */
export type HubReceiptHandler = (receipt: HubReceipt) => void

/** What receipts need. */
export interface ReceiptsOptions {
  readonly registry: Pick<Registry, 'get'>
  readonly batcher: Batcher
  readonly clock: Clock
  readonly logger: Logger
}

/** Tells senders what became of their messages, in one commit with what it tells of. Spec: 4.6. */
export class Receipts implements Disposable {
  readonly #options: ReceiptsOptions
  readonly #handlers = new Set<HubReceiptHandler>()
  #timer: Timer | undefined
  #closed = false

  constructor(options: ReceiptsOptions) {
    this.#options = options
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#timer?.[Symbol.dispose]()
  }

  /** Has the sender told, where it asked for that and is known. */
  tell(envelope: Envelope, state: ReceiptFacts['state'], by: string, code?: ReceiptFacts['code']): void {
    if (!envelope.receipts) return
    this.send(envelope, { state, by, at: this.#options.clock.now(), ...(code !== undefined && { code }) })
  }

  /** Has `handler` told what became of the hub's own messages, until disposed of. */
  handle(handler: HubReceiptHandler): Disposable {
    // One function may be added twice.
    const own: HubReceiptHandler = (receipt) => handler(receipt)
    this.#handlers.add(own)
    return { [Symbol.dispose]: () => void this.#handlers.delete(own) }
  }

  /** Stores a receipt with this tick's batch. */
  send(about: Pick<Envelope, 'id' | 'from'>, facts: ReceiptFacts): void {
    const { kind, name } = parseAddress(about.from)
    if (kind === 'hub') this.#tellHub({ id: about.id, ...facts })
    if (kind !== 'client' || this.#options.registry.get(name) === undefined) return
    this.#append({ envelope: receiptEnvelope(about, facts), recipients: [name] })
  }

  #tellHub(receipt: HubReceipt): void {
    for (const handler of this.#handlers) {
      try {
        handler(receipt)
      } catch (error) {
        this.#options.logger.error('a handler of receipts failed', { id: receipt.id, error })
      }
    }
  }

  #append(receipt: Delivery): void {
    this.#options.batcher.appendLasting(receipt, (outcome) => {
      if (outcome instanceof PosthouseError) this.#tryAgain()
      else if (outcome.state === 'stored') this.#offer(receipt, outcome.seq)
      else if (outcome.state === 'refused') {
        const { code } = outcome
        this.#options.logger.warn('a receipt is lost', { to: receipt.envelope.to, code })
      }
    })
  }

  #offer({ envelope, recipients: [sender = ''] }: Delivery, seq: number): void {
    this.#options.registry.get(sender)?.feeds.inbox.offer(seq, new Outgoing(envelope, seq))
  }

  /** Where nothing else is stored, what failed would wait for ever. */
  #tryAgain(): void {
    if (this.#closed) return
    const { clock, batcher } = this.#options
    this.#timer ??= clock
      .after(retryMs, () => {
        this.#timer = undefined
        void batcher.committed()
      })
      .unref()
  }
}
