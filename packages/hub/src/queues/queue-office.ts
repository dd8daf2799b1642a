import { type Clock, PosthouseError, parseAddress } from '@posthouse/core'
import type { MembershipFrame, SubscribeFrame } from '@posthouse/protocol'
import type { ClientRecord, SessionEntry } from '../clients/client-record.ts'
import type { MembershipServer } from '../membership/memberships.ts'
import { assertRoom, endSubscription, type KeptSubscription } from '../membership/subscription.ts'
import type { V1Link } from '../peers/v1-link.ts'
import type { QueueBook } from './queue-book.ts'
import { QueueWorker } from './queue-worker.ts'

/** Most that a worker may have at a time. Spec: 4.7.12. */
const mostPrefetch = 256

/** What an office of queues needs. */
export interface QueueOfficeOptions {
  readonly queues: QueueBook
  readonly clock: Clock
  /** For how long a worker keeps what it has while its connection is lost, in milliseconds. */
  readonly leaseMs: number
  /** Subscriptions of one client. */
  readonly most: number
  /** Has the subscriptions of a client's session kept with this tick's batch. */
  readonly keep: (record: ClientRecord) => void
}

/** Lets clients work for queues. Spec: 4.7.12. */
export class QueueOffice implements MembershipServer {
  readonly #options: QueueOfficeOptions

  constructor(options: QueueOfficeOptions) {
    this.#options = options
  }

  async receive(link: V1Link, frame: MembershipFrame): Promise<void> {
    if (frame.op === 'subscribe') this.#subscribe(link, frame)
    else if (frame.op === 'unsubscribe') {
      const { record, entry } = link.visit
      const { id, to } = frame
      if (endSubscription(record, entry, to)) this.#options.keep(record)
      link.write([{ op: 'unsubscribe', id, to }])
    }
  }

  async restore(record: ClientRecord, entry: SessionEntry, kept: KeptSubscription): Promise<void> {
    this.#enter(record, entry, kept)
  }

  #subscribe(link: V1Link, frame: SubscribeFrame): void {
    const { record, entry } = link.visit
    const { id, to } = frame
    const { name } = parseAddress(to)
    link.access.assertMay('subscribe', to)
    const prefetch = prefetchOf(frame)
    const known = record.feeds.followed().get(to)
    if (known === undefined) assertRoom(entry, this.#options.most)
    this.#options.queues.used(name)
    link.write([{ op: 'subscribe', id, to }])
    if (known instanceof QueueWorker) known.prefetch = prefetch
    this.#enter(record, entry, { stream: to, prefetch })
    this.#options.keep(record)
  }

  #enter(record: ClientRecord, entry: SessionEntry, { stream, prefetch = 1 }: KeptSubscription): void {
    const { queues, clock, leaseMs } = this.#options
    entry.subscriptions.set(stream, {
      stream,
      prefetch,
      permitted: (access) => access.may('subscribe', stream),
      end: () => undefined,
    })
    if (record.feeds.followed().has(stream)) return
    const queue = queues.used(parseAddress(stream).name)
    const worker = new QueueWorker({ record, source: queue, prefetch, clock, leaseMs })
    queue.join(worker)
    record.feeds.add(stream, worker)
  }
}

/** @throws PosthouseError `invalid_field` */
function prefetchOf({ prefetch = 1, after, last, retained }: SubscribeFrame): number {
  if (after !== undefined || last !== undefined || retained !== undefined) {
    throw new PosthouseError('invalid_field', 'subscribe: after, last and retained are for channels, not for queues')
  }
  if (prefetch <= mostPrefetch) return prefetch
  throw new PosthouseError('invalid_field', `subscribe: prefetch must be at most ${mostPrefetch}; it is ${prefetch}`)
}
