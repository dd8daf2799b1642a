import {
  type Append,
  type AppendOutcome,
  type Clock,
  type Envelope,
  isPosthouseError,
  type Logger,
  PosthouseError,
  type ProducerPosition,
  parseAddress,
  queueInbox,
  toPosthouseError,
} from '@posthouse/core'
import { isQueueStream, type SendOutcome } from '@posthouse/protocol'
import type { ChannelPublisher } from '../channels/channel-publisher.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Registry } from '../clients/registry.ts'
import { offline } from '../delivery/when-offline.ts'
import type { FileOffice } from '../files/file-office.ts'
import type { GroupBook } from '../groups/group-book.ts'
import { groupRecipients } from '../groups/group-recipients.ts'
import type { QueueBook } from '../queues/queue-book.ts'
import { usualPriority } from '../queues/work-queue.ts'
import type { Statistics } from '../stats/statistics.ts'
import type { Tally } from '../stats/tally.ts'
import type { Batcher } from './batcher.ts'
import type { LogAudience } from './everyone.ts'
import { Holding } from './holding.ts'
import type { HubListeners } from './hub-listeners.ts'
import { Outgoing } from './outgoing.ts'
import { outcomeOf } from './send-outcome.ts'

/** Confirmations to senders wait while a connected recipient's inbox is fuller than this … */
const highFill = 0.5
/** … until it is emptier than this … */
const lowFill = 0.25

const stored: SendOutcome = { state: 'stored' }
const nobody: readonly ClientRecord[] = []

/** Told what became of a message. */
export type SettleListener = (outcome: SendOutcome) => void

/** A message that came in, stamped with its sender. */
export interface Incoming {
  readonly envelope: Envelope
  /** Given where the sender may send it again. */
  readonly from?: ProducerPosition
  /** The shelf entry that it comes from. */
  readonly takes?: number
  /** Whether it becomes what its channel retains, or takes that away. */
  readonly retain?: 'keep' | 'clear'
}

type StoredOutcome = Extract<AppendOutcome, { readonly state: 'stored' }>

/** What a router needs. */
export interface RouterOptions {
  readonly registry: Registry
  readonly groups: GroupBook
  readonly channels: ChannelPublisher
  readonly queues: QueueBook
  readonly batcher: Batcher
  readonly listeners: HubListeners
  /** Those whom an address means and who read its log; nothing where all get it in their inboxes. */
  readonly audienceOf: (envelope: Envelope) => LogAudience | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  readonly statistics: Statistics
  /** Told for whom of several there was no room. */
  readonly onFull?: (envelope: Envelope, clients: readonly string[]) => void
  /** Longest frame that clients read, in bytes. */
  readonly frameBytes: number
  /** Who may fetch the files that messages tell of. Default: the hub knows of none. */
  readonly files?: FileOffice | undefined
}

/** Turns an address into recipients, stores what must be stored, and hands it on. */
export class Router {
  readonly #options: RouterOptions

  readonly #holding: Holding

  constructor(options: RouterOptions) {
    this.#options = options
    this.#holding = new Holding(options.clock)
  }

  /**
   * Hands a live (qos 0) message to whoever is there.
   * @throws PosthouseError `unknown_recipient`, `offline`, `invalid_field` (a queue), or what its only recipient's dialect cannot say
   */
  live(envelope: Envelope): void {
    this.#options.tally.publishedLive++
    this.#options.statistics.published(envelope)
    this.#options.files?.admit(envelope, false)
    const outgoing = new Outgoing(envelope)
    const { kind, name } = parseAddress(envelope.to)
    if (kind === 'client') {
      const record = this.#recipient(name)
      if (!record.online || record.link === undefined) throw offline(name)
      this.#options.files?.assertReachable(envelope, record.link.dialect)
      record.link.live(outgoing)
      return
    }
    if (kind === 'channel') {
      this.#options.channels.live(name, outgoing)
      return
    }
    if (kind === 'group') this.#options.files?.assertAllReachable(envelope, () => this.#several(envelope))
    if (kind !== 'hub') for (const record of this.#several(envelope)) this.#tryLive(record, outgoing)
    if (kind !== 'group') this.#options.listeners.receive(envelope)
  }

  /** Stores a qos 1 message for its recipients and hands it on; tells `settle` what became of it. */
  store(incoming: Incoming, settle: SettleListener): void {
    this.#options.tally.publishedStored++
    this.#options.statistics.published(incoming.envelope)
    try {
      this.#options.files?.admit(incoming.envelope, incoming.takes !== undefined)
      const outgoing = new Outgoing(incoming.envelope)
      if (isQueueStream(incoming.envelope.to)) {
        this.#storeWork(incoming, outgoing, settle)
        return
      }
      if (incoming.envelope.to.startsWith('channel:')) {
        this.#options.channels.store(incoming, outgoing, settle)
        return
      }
      const audience = this.#options.audienceOf(incoming.envelope)
      const recipients = this.#recipients(outgoing, audience)
      this.#options.batcher.append(appendOf(incoming, recipients, audience), (outcome) => {
        if (outcome instanceof PosthouseError || outcome.state !== 'stored') {
          settle(outcomeOf(outcome))
          return
        }
        const placed = outgoing.at(outcome.seq)
        this.#hand(outcome, placed, recipients)
        const behind = audience?.offer(outcome.seq, placed) ?? nobody
        // Only who waits for `sent` can be slowed down by its delay. Others, who are read again after this, must not be.
        const crowded = incoming.from ? crowdedOf(outcome, recipients, behind) : nobody
        if (crowded.length === 0) settle(stored)
        else this.#holding.until(crowded, () => settle(stored))
      })
    } catch (error) {
      this.refuse(incoming.from, toPosthouseError(error), settle)
    }
  }

  /** Something was stored in an inbox: that of a client, or of a queue. */
  offer(inbox: string, seq: number, outgoing: Outgoing): void {
    const { registry, queues } = this.#options
    const record = registry.get(inbox)
    if (record === undefined) queues.offer(inbox, seq, outgoing)
    else record.feeds.inbox.offer(seq, outgoing)
  }

  /** Takes a qos 1 message that nobody is to get, so that a resend is not delivered either. Spec: 4.1.8. */
  drop(incoming: Incoming, settle: SettleListener): void {
    this.#options.batcher.append({ ...incoming, recipients: [] }, (outcome) => {
      const settled = outcomeOf(outcome)
      settle(settled.state === 'stored' ? { state: 'dropped' } : settled)
    })
  }

  /** Remembers that a message was refused, so that a resend is told the same. */
  refuse(from: ProducerPosition | undefined, error: PosthouseError, settle: SettleListener): void {
    if (from === undefined) settle({ state: 'refused', error })
    else this.#options.batcher.append({ from, refusal: error.code }, (outcome) => settle(outcomeOf(outcome, error)))
  }

  /** True while a confirmation waits for an inbox to drain. */
  get holds(): boolean {
    return this.#holding.any
  }

  /** Lets waiting confirmations go where an inbox has drained. */
  drained(inbox: string, fill: number): void {
    if (fill >= lowFill || !this.#holding.any) return
    const { registry, queues } = this.#options
    const drained = registry.get(inbox) ?? queues.atInbox(inbox)
    drained?.release()
  }

  /** @throws PosthouseError `limit_reached` */
  #storeWork(incoming: Incoming, outgoing: Outgoing, settle: SettleListener): void {
    const { queues, batcher } = this.#options
    const { to, priority = usualPriority } = incoming.envelope
    const queue = queues.used(parseAddress(to).name)
    const inbox = queueInbox(queue.name, priority)
    batcher.append({ ...incoming, recipients: [inbox] }, (outcome) => {
      if (outcome instanceof PosthouseError || outcome.state !== 'stored') {
        settle(outcomeOf(outcome))
        return
      }
      const [fill = 0] = outcome.fill
      // It may have been forgotten meanwhile, and begun anew.
      const current = queues.get(queue.name)
      current?.offer(inbox, outcome.seq, outgoing)
      const crowded = incoming.from !== undefined && fill > highFill && current?.staffed
      if (crowded) this.#holding.until([current], () => settle(stored))
      else settle(stored)
    })
  }

  #recipients(outgoing: Outgoing, audience: LogAudience | undefined): ClientRecord[] {
    const { envelope } = outgoing
    const { kind, name } = parseAddress(envelope.to)
    if (kind === 'hub') return []
    if (kind === 'group') this.#options.files?.assertAllReachable(envelope, () => this.#several(envelope))
    if (kind !== 'client') {
      if (audience?.copies !== undefined) return [...audience.copies(envelope)]
      const several = [...this.#several(envelope)]
      return audience === undefined ? several : several.filter((record) => !audience.reads(record))
    }
    const record = this.#recipient(name)
    // Programs that speak cross_comm will do so when they come back; v1 clients may come with another dialect.
    const { link, dialect } = record
    const known = link !== undefined || dialect === 'cross_comm' ? dialect : undefined
    if (known !== undefined) {
      outgoing.assertSayable(known, this.#options.frameBytes)
      this.#options.files?.assertReachable(envelope, known)
    }
    return [record]
  }

  #recipient(client: string): ClientRecord {
    const record = this.#options.registry.get(client)
    if (record !== undefined) return record
    throw new PosthouseError('unknown_recipient', `no client ${JSON.stringify(client)} has ever connected here`)
  }

  /** Those whom an address means that can mean several. */
  #several(envelope: Envelope): Iterable<ClientRecord> {
    const { kind, name } = parseAddress(envelope.to)
    if (kind === 'all') return this.#everyone(envelope)
    const { groups, registry } = this.#options
    if (kind === 'group') return groupRecipients(groups.known(name), registry, envelope.from)
    const message = `${JSON.stringify(envelope.to)} keeps what it is sent, and qos 0 is live only; send it with qos 1`
    throw new PosthouseError('invalid_field', message)
  }

  *#everyone(envelope: Envelope): Iterable<ClientRecord> {
    for (const record of this.#options.registry.all()) {
      if (record.living && record.address !== envelope.from) yield record
    }
  }

  #tryLive(record: ClientRecord, outgoing: Outgoing): void {
    if (!record.online) return
    try {
      record.link?.live(outgoing)
    } catch (error) {
      // Live messages to several promise nothing to any one of them: one of them may have no words for it.
      if (!isPosthouseError(error)) throw error
      this.#options.logger.debug('a live message to several is passed over', { to: record.id, code: error.code })
    }
  }

  #hand(outcome: StoredOutcome, placed: Outgoing, recipients: readonly ClientRecord[]): void {
    const { seq, full } = outcome
    if (full.length > 0) this.#options.onFull?.(placed.envelope, full)
    const without = full.length > 0 ? new Set(full) : undefined
    for (const record of recipients) if (!without?.has(record.id)) record.feeds.inbox.offer(seq, placed)
    const { to } = placed.envelope
    if (to === 'all' || to === 'hub') this.#options.listeners.receive(placed.envelope)
  }
}

function appendOf(incoming: Incoming, recipients: readonly ClientRecord[], audience: LogAudience | undefined): Append {
  const { envelope, from, takes, retain } = incoming
  const names = recipients.map(({ id }) => id)
  // Most messages have no more than this, and are made in one piece.
  if (from !== undefined && takes === undefined && retain === undefined && audience === undefined) {
    return { envelope, from, recipients: names }
  }
  return { ...incoming, recipients: names, ...(audience && { log: audience.limits }) }
}

/** `behind`, and the recipients that are there and fall behind. */
function crowdedOf(
  { fill }: StoredOutcome,
  recipients: readonly ClientRecord[],
  behind: readonly ClientRecord[],
): readonly ClientRecord[] {
  // Looking costs less than a list, which is hardly ever needed.
  if (!fill.some((each) => each > highFill)) return behind
  return [...behind, ...recipients.filter((record, index) => (fill[index] ?? 0) > highFill && record.online)]
}
