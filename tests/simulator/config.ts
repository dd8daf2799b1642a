import type { InboxLimits } from '@posthouse/core'
import type { Limits } from '@posthouse/protocol'
import type { Action } from './actions.ts'
import type { Random } from './random.ts'

/** A rule that is broken on purpose, to see that it is noticed. */
export type Sabotage =
  /** Clients acknowledge before their handlers are done. */
  | 'hasty-acks'
  /** The store forgets what it has refused. */
  | 'forgotten-refusals'
  /** The store confirms messages and drops some. */
  | 'lossy-store'
  /** Answers go to other calls. */
  | 'crossed-answers'
  /** Messages of one connection overtake each other. */
  | 'overtaking'
  /** A replaced connection stays open. */
  | 'no-fence'
  /** The hub does not tell of every change of presence. */
  | 'lost-news'
  /** The hub does not hand all that is published to those who are subscribed. */
  | 'passed-over-subscribers'
  /** A hub that begins knows sessions, and not what they had subscribed to. */
  | 'forgotten-subscriptions'
  /** Some members are not sent what is for their group. */
  | 'short-groups'
  /** What a worker had when it left is given to nobody. */
  | 'lost-work'
  /** Workers lose what they have as soon as they lose their connection. */
  | 'hasty-leases'

/** The circumstances of one run. */
export interface Config {
  readonly clients: readonly string[]
  readonly dialects: Readonly<Record<string, 'json' | 'msgpack'>>
  readonly limits: Limits
  readonly inbox: InboxLimits
  /** Bytes that the hub keeps for a slow reader. */
  readonly hardBytes: number
  /** The store outlives the hub. */
  readonly durable: boolean
  /** Store operations take effect at once, and only their answers take time. */
  readonly eager: boolean
  /** Groups, channels and queues that are sent to. */
  readonly places: readonly string[]
  readonly steps: number
  /** How often each action is chosen; what is absent never happens. */
  readonly weights: Readonly<Partial<Record<Action['do'] | 'storeFailure', number>>>
  readonly sabotage?: Sabotage
}

const usual = { connect: 8, send: 22, carry: 42, store: 16, finish: 14, flow: 3, wait: 3 }
const gatherings = { ask: 10 }
const presence = { watch: 4, state: 4 }
const calls = { call: 12, answer: 8, hangUp: 1 }
const faults = { return: 2, cut: 3, notice: 4, abandon: 2, crash: 1.2, twin: 1, leave: 0.3, hub: 0.5, storeFailure: 1 }

/** Where messages go that are for several clients, or for any. */
const gatheringPlaces = ['group:g', 'group:h', 'channel:a.x', 'channel:a.y', 'channel:b', 'queue:q', 'queue:r'] as const

/** What is decided before the draw. */
export interface Circumstances {
  readonly sabotage?: Sabotage
}

/** Draws the circumstances of a run. Each fault is left out of many runs, so that the others get their turn. */
export function drawConfig(random: Random, { sabotage }: Circumstances = {}): Config {
  const clients = ['a', 'b', 'c', 'd', 'e'].slice(0, 3 + random.below(3))
  const chosen = Object.entries(faults).filter(() => random.chance(0.6))
  const watching = random.chance(0.5)
  const calling = random.chance(0.5)
  const places = random.chance(0.6) ? gatheringPlaces.filter(() => random.chance(0.6)) : []
  return {
    clients,
    dialects: Object.fromEntries(clients.map((client) => [client, random.pick(['json', 'msgpack'] as const)])),
    limits: {
      frameBytes: 1_048_576,
      bodyBytes: 300,
      framesPerArray: random.pick([1, 3, 256]),
      inFlight: random.pick([1, 3, 8]),
      windowMessages: random.pick([1, 3, 8]),
      windowBytes: random.pick([300, 1000, 10_000]),
      calls: random.pick([2, 8]),
      subscriptions: 8,
    },
    inbox: { messages: random.pick([4, 8, 100]), bytes: random.pick([1500, 1_000_000]), ageMs: 86_400_000 },
    // A welcome and a delivery must fit, and a snapshot, as they do in the documented limits.
    hardBytes: random.pick([watching ? 4000 : 1500, 1_000_000]),
    durable: random.chance(0.5),
    eager: random.chance(0.5),
    places,
    steps: 60 + random.below(140),
    weights: {
      ...usual,
      ...(watching && presence),
      ...(calling && calls),
      ...(places.length > 0 && gatherings),
      ...Object.fromEntries(chosen),
    },
    ...(sabotage !== undefined && { sabotage }),
  }
}
