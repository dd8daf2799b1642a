import {
  type AppendOutcome,
  type Clock,
  clientAddress,
  type Envelope,
  type Logger,
  PosthouseError,
  type ShelfEntry,
} from '@posthouse/core'
import type { Batcher } from '../routing/batcher.ts'
import { Outgoing } from '../routing/outgoing.ts'
import type { Router } from '../routing/router.ts'
import type { Receipts } from './receipts.ts'

/** What deliveries from the shelf need. */
export interface ShelfDeliveryOptions {
  readonly batcher: Batcher
  readonly clock: Clock
  readonly logger: Logger
  readonly receipts: Receipts
  readonly router: Pick<Router, 'offer'>
  /** Finds the recipients of a message by its address, and stores it for them. */
  readonly store: Router['store']
}

/** Sends on what has waited on the shelf: to its inbox, or to whoever its address means by now. */
export class ShelfDelivery {
  readonly #options: ShelfDeliveryOptions

  constructor(options: ShelfDeliveryOptions) {
    this.#options = options
  }

  /** Sends on an entry whose time has come. What is refused goes to the dead letters. Spec: 4.1.10, 4.5. */
  async due(entry: ShelfEntry): Promise<void> {
    const { batcher, receipts, logger } = this.#options
    const { seq, envelope, attempt, inbox } = entry
    if (this.#isExpired(envelope)) {
      batcher.unshelve(seq)
      receipts.tell(envelope, 'expired', recipientOf(entry))
      return
    }
    const error = await this.#sendOn(entry, attempt)
    // A store that failed is asked again when the shelf is looked through the next time.
    if (error === undefined || error.code === 'store_failed') return
    const { id, from, to } = envelope
    logger.warn('a message for later was refused', { id, from, to, code: error.code })
    batcher.bury({ envelope, dead: error.code, attempt, takes: seq, ...(inbox !== undefined && { inbox }) })
    receipts.tell(envelope, 'failed', recipientOf(entry), error.code)
  }

  /** Sends on a dead letter as if it was new; says whether that was possible. */
  async redrive(entry: ShelfEntry): Promise<boolean> {
    return !this.#isExpired(entry.envelope) && (await this.#sendOn(entry, 1)) === undefined
  }

  #isExpired({ expiresAt = Number.POSITIVE_INFINITY }: Envelope): boolean {
    return expiresAt <= this.#options.clock.now()
  }

  /** Returns the refusal, if it is refused. */
  #sendOn({ seq: takes, envelope, inbox, dead }: ShelfEntry, attempt: number): Promise<PosthouseError | undefined> {
    // What has waited for long would be too old for an inbox.
    const fresh = inbox === undefined || dead !== undefined ? { ...envelope, ts: this.#options.clock.now() } : envelope
    return new Promise((resolve) => {
      if (inbox !== undefined) this.#toInbox(inbox, fresh, { takes, attempt }, resolve)
      else {
        this.#options.store({ envelope: fresh, takes }, (outcome) => {
          resolve(outcome.state === 'refused' ? outcome.error : undefined)
        })
      }
    })
  }

  #toInbox(
    inbox: string,
    envelope: Envelope,
    origin: { readonly takes: number; readonly attempt: number },
    resolve: (error?: PosthouseError) => void,
  ): void {
    const { batcher, router } = this.#options
    batcher.append({ envelope, recipients: [inbox], ...origin }, (outcome: AppendOutcome | PosthouseError) => {
      if (outcome instanceof PosthouseError) resolve(outcome)
      else if (outcome.state === 'refused') resolve(new PosthouseError(outcome.code, 'the message was refused'))
      else {
        if (outcome.state === 'stored') {
          const { seq } = outcome
          router.offer(inbox, seq, new Outgoing(envelope, seq, undefined, origin.attempt))
        }
        resolve()
      }
    })
  }
}

/** Address of who would have got it. */
function recipientOf({ envelope, inbox }: ShelfEntry): string {
  return inbox === undefined ? envelope.to : clientAddress(inbox)
}
