import { type InboxStore, isPosthouseError, type Logger, type LogQuery } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import { type ChannelPattern, nameOf, partsOfName } from './channel-pattern.ts'
import type { ChannelRules, ChannelTerms } from './channel-rules.ts'
import { PatternTrie } from './pattern-trie.ts'

/** One client that gets what is published in the channels of a pattern. */
export interface Subscriber {
  readonly record: ClientRecord
  readonly pattern: ChannelPattern
}

/** What channels need. */
export interface ChannelsOptions {
  readonly store: InboxStore
  readonly rules: ChannelRules
  readonly logger: Logger
}

/** Who is subscribed to which channels, and what is kept of them. */
export class Channels {
  readonly #options: ChannelsOptions
  readonly #subscribers = new PatternTrie<Subscriber>()
  #size = 0

  constructor(options: ChannelsOptions) {
    this.#options = options
  }

  /** Subscriptions in all. */
  get size(): number {
    return this.#size
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber.pattern.parts, subscriber)
    this.#size++
  }

  delete(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.pattern.parts, subscriber)
    this.#size--
  }

  /** The subscriptions that a channel belongs to. */
  subscribers(name: string): readonly Subscriber[] {
    return this.#subscribers.match(name)
  }

  /**
   * What is kept of what is published in a channel.
   * @throws PosthouseError `invalid_address` for what is a pattern and no name
   */
  terms(name: string): ChannelTerms {
    partsOfName(name)
    return this.#options.rules.of(name)
  }

  /** The log of the channels that fit a pattern; `open` leaves out those that hide what was published before. */
  query({ address, parts, fits }: ChannelPattern, open = false): LogQuery {
    const hidden = (to: string): boolean => open && this.#options.rules.of(nameOf(to)).hidden
    if (!parts.some((part) => part.includes('*')) && !hidden(address)) return { to: address }
    return { kind: 'channel', matches: (to) => fits(nameOf(to)) && !hidden(to) }
  }

  /** Hands a message that was stored to those who are subscribed. */
  offer(name: string, seq: number, outgoing: Outgoing): void {
    for (const { record, pattern } of this.subscribers(name)) record.feeds.offer(pattern.address, seq, outgoing)
  }

  /**
   * Hands a live message to those who are subscribed and there.
   * @throws PosthouseError `invalid_address`
   */
  live(name: string, outgoing: Outgoing): void {
    partsOfName(name)
    for (const { record, pattern } of this.subscribers(name)) {
      if (!record.online) continue
      try {
        record.link?.live(outgoing, pattern.address)
      } catch (error) {
        // Live messages to many promise nothing to any one of them: one of them may have no words for it.
        if (!isPosthouseError(error)) throw error
        this.#options.logger.debug('a live message to a channel is passed over', { to: record.id, code: error.code })
      }
    }
  }
}
