import type { Batch, CommitOutcome } from '@posthouse/core'
import type { BadFrame, ClientFrame, DeliverFrame, WelcomeFrame } from '@posthouse/protocol'
import { readChannelPattern } from '../../packages/hub/src/channels/channel-pattern.ts'
import type { Cable } from './cable.ts'
import { answerIn, type Ground, type Observer, type Said, type Stored, storedBy } from './observer.ts'

/** A message in the log. */
interface Published extends Stored {
  readonly channel: string
}

/** What a client follows. */
interface Subscription {
  readonly fits: (channel: string) => boolean
  /** Where its deliveries begin. */
  readonly position: number
  /** The hub has heard that it is to end. */
  ending: boolean
}

const prefix = 'channel:'

/** Every subscriber is delivered all that was published behind its position, in order and without holes. */
export class ChannelObserver implements Observer {
  readonly #ground: Ground
  #log: Published[] = []
  /** By client, then by stream. */
  readonly #subscriptions = new Map<string, Map<string, Subscription>>()
  /** What was written last of each stream. */
  readonly #written = new Map<Cable, Map<string, number>>()
  /** Streams that are to end, asked on a cable and not answered: perhaps asked before they have begun. */
  readonly #endings = new Map<Cable, string[]>()

  constructor(ground: Ground) {
    this.#ground = ground
  }

  heard(cable: Cable, frame: ClientFrame | BadFrame): void {
    if (frame.op === 'bye') this.#subscriptions.delete(cable.client)
    if (frame.op !== 'unsubscribe') return
    this.#endingsOf(cable).push(frame.to)
    const subscription = this.#of(cable.client).get(frame.to)
    if (subscription !== undefined) subscription.ending = true
  }

  said(cable: Cable, frame: Said): void {
    if (frame.op === 'welcome') this.#welcomed(cable, frame)
    else if (frame.op === 'deliver' && frame.stream?.startsWith(prefix)) this.#delivered(cable, frame.stream, frame)
    const answer = answerIn(frame)
    if (!answer?.to.startsWith(prefix)) return
    if (answer.op === 'unsubscribe') this.#ended(cable, answer.to)
    else if (answer.op === 'subscribe' && answer.position) this.#subscribed(cable, answer.to, answer.position.seq)
  }

  committed(batch: Batch, outcome: CommitOutcome): void {
    for (const { append, to, stored } of storedBy(batch, outcome)) {
      if (append.log !== undefined && to.startsWith(prefix))
        this.#log.push({ ...stored, channel: to.slice(prefix.length) })
    }
  }

  lost(cable: Cable): void {
    this.#written.delete(cable)
    this.#endings.delete(cable)
  }

  died(durable: boolean): void {
    this.#written.clear()
    this.#endings.clear()
    if (durable) return
    this.#log = []
    this.#subscriptions.clear()
  }

  rested(): void {
    for (const [client, streams] of this.#subscriptions) {
      for (const [stream, subscription] of streams) {
        const [missing] = subscription.ending
          ? []
          : this.#missing(client, subscription, [subscription.position, Infinity])
        if (missing) this.#ground.fail('a subscriber gets all', `${missing.id} never came to ${client} by ${stream}`)
      }
    }
  }

  #of(client: string): Map<string, Subscription> {
    const known = this.#subscriptions.get(client) ?? new Map<string, Subscription>()
    this.#subscriptions.set(client, known)
    return known
  }

  #endingsOf(cable: Cable): string[] {
    const known = this.#endings.get(cable) ?? []
    this.#endings.set(cable, known)
    return known
  }

  #ended(cable: Cable, stream: string): void {
    this.#of(cable.client).delete(stream)
    const endings = this.#endingsOf(cable)
    const index = endings.indexOf(stream)
    if (index >= 0) endings.splice(index, 1)
  }

  #welcomed(cable: Cable, { resumed, positions }: WelcomeFrame): void {
    const { client } = cable
    if (!resumed) this.#subscriptions.delete(client)
    const written = new Map<string, number>()
    this.#written.set(cable, written)
    // The answer may have been written to a cable that was cut.
    for (const [stream, { seq }] of Object.entries(positions)) {
      if (stream.startsWith(prefix)) this.#subscribed(cable, stream, seq)
    }
    for (const [stream, { ending }] of this.#of(client)) {
      const position = positions[stream]
      if (position !== undefined) written.set(stream, position.seq)
      else if (ending) this.#of(client).delete(stream)
      else this.#ground.fail('a session keeps its subscriptions', `${client} is welcomed without ${stream}`)
    }
  }

  #subscribed(cable: Cable, stream: string, position: number): void {
    const known = this.#of(cable.client)
    if (known.has(stream)) return
    const { fits } = readChannelPattern(stream)
    known.set(stream, { fits, position, ending: this.#endings.get(cable)?.includes(stream) ?? false })
    this.#written.get(cable)?.set(stream, position)
  }

  #delivered(cable: Cable, stream: string, { seq, id }: DeliverFrame): void {
    if (seq === undefined) return
    const subscription = this.#of(cable.client).get(stream)
    const written = this.#written.get(cable)
    const last = written?.get(stream)
    const where = `${id} (seq ${seq}) came to ${cable.client} by ${stream}`
    if (subscription === undefined || last === undefined) {
      this.#ground.fail('a subscriber gets all', `${where} without a subscription`)
      return
    }
    const entry = this.#log.find((each) => each.seq === seq && each.id === id)
    if (entry === undefined || !subscription.fits(entry.channel) || seq <= last) {
      this.#ground.fail('a subscriber gets all', `${where} where it does not belong, behind ${last}`)
    }
    const [missing] = this.#missing(cable.client, subscription, [last, seq - 1])
    if (missing) this.#ground.fail('a subscriber gets all', `${where} before ${missing.id} (seq ${missing.seq})`)
    written?.set(stream, seq)
  }

  /** What was published in a range of positions, and has no reason not to come. */
  #missing(client: string, { fits }: Subscription, [after, until]: readonly [number, number]): readonly Published[] {
    return this.#log.filter((entry) => {
      return entry.seq > after && entry.seq <= until && fits(entry.channel) && !this.#ground.excused(client, entry)
    })
  }
}
