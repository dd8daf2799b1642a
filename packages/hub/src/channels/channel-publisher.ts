import { parseAddress } from '@posthouse/core'
import type { Batcher } from '../routing/batcher.ts'
import type { HubListeners } from '../routing/hub-listeners.ts'
import type { Outgoing } from '../routing/outgoing.ts'
import type { Incoming, SettleListener } from '../routing/router.ts'
import { outcomeOf } from '../routing/send-outcome.ts'
import type { Channels } from './channels.ts'

/** What a publisher needs. */
export interface ChannelPublisherOptions {
  readonly channels: Channels
  readonly batcher: Batcher
  readonly listeners: HubListeners
}

/** Brings messages to channels to those who are subscribed, the hub's own handlers among them. */
export class ChannelPublisher {
  readonly #options: ChannelPublisherOptions

  constructor(options: ChannelPublisherOptions) {
    this.#options = options
  }

  /**
   * Stores a message once, however many are subscribed, and hands it on. A slow one of them slows no sender down.
   * @throws PosthouseError `invalid_address`
   */
  store(incoming: Incoming, outgoing: Outgoing, settle: SettleListener): void {
    const { channels, batcher, listeners } = this.#options
    const { envelope } = incoming
    const { name } = parseAddress(envelope.to)
    const { log } = channels.terms(name)
    batcher.append({ ...incoming, recipients: [], log }, (outcome) => {
      if ('state' in outcome && outcome.state === 'stored') {
        channels.offer(name, outcome.seq, outgoing.at(outcome.seq))
        listeners.published(name, envelope)
      }
      settle(outcomeOf(outcome))
    })
  }

  /**
   * Hands a live message to those who are there.
   * @throws PosthouseError `invalid_address`
   */
  live(name: string, outgoing: Outgoing): void {
    const { channels, listeners } = this.#options
    channels.live(name, outgoing)
    listeners.published(name, outgoing.envelope)
  }
}
