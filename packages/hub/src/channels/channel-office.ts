import { type Clock, cursorName, type InboxStore, type Position, PosthouseError } from '@posthouse/core'
import type { Gap, MembershipFrame, SubscribeFrame, UnsubscribeFrame } from '@posthouse/protocol'
import type { ClientRecord, SessionEntry } from '../clients/client-record.ts'
import { QuestionRate } from '../limits/question-rate.ts'
import type { MembershipServer } from '../membership/memberships.ts'
import { assertRoom, endSubscription, type KeptSubscription } from '../membership/subscription.ts'
import type { V1Link } from '../peers/v1-link.ts'
import type { Batcher } from '../routing/batcher.ts'
import type { Opening } from '../routing/feed-source.ts'
import { beginningOf } from './beginning.ts'
import { ChannelFeed } from './channel-feed.ts'
import { type ChannelPattern, nameOf, readChannelPattern } from './channel-pattern.ts'
import { ChannelSource } from './channel-source.ts'
import type { Channels } from './channels.ts'
import { RetainedValues } from './retained-values.ts'

/** What an office of channels needs. */
export interface ChannelOfficeOptions {
  readonly channels: Channels
  readonly store: InboxStore
  readonly batcher: Batcher
  readonly clock: Clock
  /** Subscriptions of one client. */
  readonly most: number
  /** Has the subscriptions of a client's session kept with this tick's batch. */
  readonly keep: (record: ClientRecord) => void
}

/** What a subscription begins with. */
interface Start {
  readonly source: ChannelSource
  readonly opening: Opening
  readonly position: Position
  readonly gaps: readonly Gap[]
  readonly retained: RetainedValues
  /** How many channels had to be looked at. */
  readonly looks: number
}

interface Follow {
  readonly source: ChannelSource
  readonly at: number | Opening
  readonly retained?: RetainedValues
}

/** Lets clients subscribe to channels. Spec: 4.7.5. */
export class ChannelOffice implements MembershipServer {
  readonly #options: ChannelOfficeOptions

  constructor(options: ChannelOfficeOptions) {
    this.#options = options
  }

  async receive(link: V1Link, frame: MembershipFrame): Promise<void> {
    if (frame.op === 'subscribe') await this.#subscribe(link, frame)
    else if (frame.op === 'unsubscribe') await this.#unsubscribe(link, frame)
  }

  async restore(record: ClientRecord, entry: SessionEntry, { stream }: KeptSubscription): Promise<void> {
    const pattern = readChannelPattern(stream)
    const { position } = await this.#options.batcher.inspect(cursorName(record.id, stream))
    this.#enter(record, entry, pattern)
    this.#follow(record, stream, { source: this.#source(pattern, 0), at: position.seq })
  }

  async #subscribe(link: V1Link, frame: SubscribeFrame): Promise<void> {
    const { record, entry } = link.visit
    const { id, to } = frame
    const pattern = readChannelPattern(to)
    assertPermitted(link, pattern)
    if (frame.prefetch !== undefined) throw new PosthouseError('invalid_field', 'subscribe: prefetch is for queues')
    if (entry.subscriptions.has(to)) {
      await this.#again(link, frame)
      return
    }
    assertRoom(entry, this.#options.most)
    entry.questions ??= new QuestionRate(this.#options.clock)
    const tooMany = entry.questions.ask(1)
    if (tooMany !== undefined) throw tooMany
    const { source, opening, position, gaps, retained, looks } = await this.#start(frame, pattern)
    entry.questions.spend(looks)
    this.#enter(record, entry, pattern)
    await this.#kept(record, to, position.seq)
    // Meanwhile the session may have ended, the subscription been forbidden, or another connection have come that does not
    // know of it.
    if (!entry.subscriptions.has(to)) return
    if (record.link !== link) {
      this.#end(record, entry, to)
      return
    }
    link.write([{ op: 'subscribe', id, to, position, ...(gaps.length > 0 && { gaps }) }])
    this.#follow(record, to, { source, at: opening, retained })
  }

  /** A second question about what is subscribed to changes nothing. */
  async #again(link: V1Link, { id, to, after, last }: SubscribeFrame): Promise<void> {
    if (after !== undefined || last !== undefined) {
      const message = `${JSON.stringify(to)} is subscribed to already; unsubscribe first to begin elsewhere`
      throw new PosthouseError('unexpected_frame', message)
    }
    const { record } = link.visit
    const { epoch } = (await this.#options.batcher.inspect(record.id)).position
    const seq = record.feeds.followed().get(to)?.position ?? 0
    link.write([{ op: 'subscribe', id, to, position: { epoch, seq } }])
  }

  async #unsubscribe(link: V1Link, { id, to }: UnsubscribeFrame): Promise<void> {
    const { record, entry } = link.visit
    if (this.#end(record, entry, to)) await this.#options.batcher.committed()
    link.write([{ op: 'unsubscribe', id, to }])
  }

  async #start(frame: SubscribeFrame, pattern: ChannelPattern): Promise<Start> {
    const { channels, store } = this.#options
    const history = frame.after === 'start' || frame.last !== undefined
    let looks = 0
    const fits = (name: string): boolean => {
      looks++
      return pattern.fits(name)
    }
    const query = channels.query({ ...pattern, fits }, history)
    const { epoch, seq, newest, gaps } = await beginningOf(frame, store, query)
    const source = this.#source(pattern, history ? newest : 0)
    const opening = await source.open(seq)
    const { begin } = opening
    const missing: readonly Gap[] =
      frame.after !== undefined && !history && begin > seq
        ? [{ stream: frame.to, from: seq, to: begin, reason: 'trimmed' }]
        : []
    const addresses = frame.retained === false ? [] : await this.#retaining((to) => fits(nameOf(to)))
    return {
      source,
      opening,
      position: { epoch, seq: begin },
      gaps: [...gaps, ...missing],
      // The others come again behind the position.
      retained: new RetainedValues({ store, addresses, upTo: begin }),
      looks,
    }
  }

  /** The addresses that retain a value; none of the values is read. */
  async #retaining(fits: (to: string) => boolean): Promise<readonly string[]> {
    const addresses: string[] = []
    await this.#options.store.retained((to) => {
      if (fits(to)) addresses.push(to)
      return false
    })
    return addresses
  }

  /** @param hiddenUpTo up to here it is not for those who come later */
  #source(pattern: ChannelPattern, hiddenUpTo: number): ChannelSource {
    const { channels, store } = this.#options
    const query = channels.query(pattern)
    if (hiddenUpTo === 0) return new ChannelSource({ store, query })
    const omits = ({ to }: { readonly to: string }, seq: number): boolean =>
      seq <= hiddenUpTo && channels.terms(nameOf(to)).hidden
    return new ChannelSource({ store, query, omits })
  }

  #enter(record: ClientRecord, entry: SessionEntry, pattern: ChannelPattern): void {
    const { channels, batcher } = this.#options
    const subscriber = { record, pattern }
    channels.add(subscriber)
    entry.subscriptions.set(pattern.address, {
      stream: pattern.address,
      permitted: (access) => access.mayChannels('subscribe', pattern.parts),
      end: () => {
        channels.delete(subscriber)
        batcher.forget(cursorName(record.id, pattern.address))
      },
    })
  }

  async #kept(record: ClientRecord, stream: string, seq: number): Promise<void> {
    const { batcher, keep } = this.#options
    batcher.acknowledge(cursorName(record.id, stream), seq)
    keep(record)
    await batcher.committed()
  }

  #end(record: ClientRecord, entry: SessionEntry, stream: string): boolean {
    const ended = endSubscription(record, entry, stream)
    if (ended) this.#options.keep(record)
    return ended
  }

  #follow({ feeds }: ClientRecord, stream: string, { source, at, retained }: Follow): void {
    const feed = feeds.make(stream, source, at)
    feeds.add(stream, new ChannelFeed({ feed, stream, retained }))
  }
}

/** @throws PosthouseError `forbidden` */
function assertPermitted({ access, visit }: V1Link, { address, parts }: ChannelPattern): void {
  if (access.mayChannels('subscribe', parts)) return
  const message = `${JSON.stringify(visit.record.id)} has no permission to subscribe to all of ${JSON.stringify(address)}`
  throw new PosthouseError('forbidden', message)
}
