import type { Clock, FileKeeper, InboxStore, Logger, RecordChange } from '@posthouse/core'
import type { Limits } from '@posthouse/protocol'
import { Gate } from './access/gate.ts'
import { Exchange } from './calls/exchange.ts'
import { HubDesk } from './calls/hub-desk.ts'
import { ChannelPublisher } from './channels/channel-publisher.ts'
import { ChannelRules } from './channels/channel-rules.ts'
import { Channels } from './channels/channels.ts'
import type { ClientRecord } from './clients/client-record.ts'
import { Keeper } from './clients/keeper.ts'
import { PresenceBoard } from './clients/presence-board.ts'
import { Registry } from './clients/registry.ts'
import { DeliveryDesk } from './delivery/delivery-desk.ts'
import { Flusher } from './door/flusher.ts'
import { HeldClock } from './door/held-clock.ts'
import { type Packers, packersOf } from './door/packers.ts'
import { FileGrants } from './files/file-grants.ts'
import { FileOffice } from './files/file-office.ts'
import { GroupBook } from './groups/group-book.ts'
import { LargeGroups } from './groups/large-groups.ts'
import type { Allowances } from './limits/rates.ts'
import { assembleMemberships } from './membership/assemble-memberships.ts'
import type { Memberships } from './membership/memberships.ts'
import { QueueBook } from './queues/queue-book.ts'
import { QueueReturns } from './queues/queue-returns.ts'
import { Batcher } from './routing/batcher.ts'
import { Everyone, everyoneStream } from './routing/everyone.ts'
import type { HubListeners } from './routing/hub-listeners.ts'
import { Router } from './routing/router.ts'
import { Statistics } from './stats/statistics.ts'
import { Tally } from './stats/tally.ts'
import type { Timing } from './timing.ts'

/** The parts of one hub that its connections work with. */
export interface HubParts {
  readonly node: string
  readonly clock: HeldClock
  readonly logger: Logger
  readonly limits: Limits
  readonly allowances: Allowances
  readonly store: InboxStore
  readonly flusher: Flusher
  readonly packers: Packers
  readonly batcher: Batcher
  readonly registry: Registry
  readonly router: Router
  /** Who gets what is sent to everyone. */
  readonly everyone: Everyone
  /** What of clients and sessions outlives the hub. */
  readonly keeper: Keeper
  readonly presence: PresenceBoard
  readonly groups: GroupBook
  readonly largeGroups: LargeGroups
  readonly channels: Channels
  readonly queues: QueueBook
  /** Where groups, channels and queues are asked for. */
  readonly memberships: Memberships
  readonly timing: Timing
  readonly tally: Tally
  readonly statistics: Statistics
  readonly gate: Gate
  /** What happens to messages between their acceptance and their end. */
  readonly delivery: DeliveryDesk
  /** Who may fetch which files; absent where the hub was lent none. */
  readonly files: FileOffice | undefined
  /** Where calls come through. */
  readonly exchange: Exchange
  /** The hub's own end of calls. */
  readonly desk: HubDesk
  /** Closed once the hub drains: what waits for an answer is then left to the next hub. */
  readonly intake: { open: boolean }
}

/** What a hub is put together from. */
export interface AssemblyOptions
  extends Pick<HubParts, 'node' | 'logger' | 'limits' | 'allowances' | 'store' | 'timing'> {
  readonly clock: Clock
  readonly maxClients: number
  /** Default: the documented history for every channel. */
  readonly channelRules?: ChannelRules
  /** Keeps the files that messages tell of. */
  readonly files?: FileKeeper | undefined
  /** True where the store ends with the hub. Default: it is there for the next one. */
  readonly ownsStore?: boolean
  /** How long statistics are kept, in milliseconds. Default: 30 days. */
  readonly statisticsMs?: number
  readonly listeners: HubListeners
  /** Default: everybody comes in. */
  readonly gate?: Gate
  /** Told whenever a client came, went or was forgotten. */
  readonly onChange: (record: ClientRecord) => void
}

/** The parts that are told by a registry. */
type RegistryWays = Pick<HubParts, 'presence' | 'keeper' | 'delivery' | 'groups' | 'statistics'>

function assembleRegistry(
  options: AssemblyOptions & Pick<HubParts, 'tally' | 'batcher'>,
  ways: () => RegistryWays,
): Registry {
  const { store, clock, logger, tally, batcher, maxClients, onChange } = options
  return new Registry({
    store,
    clock,
    logger,
    tally,
    maxClients,
    acknowledge: (cursor, seq) => batcher.acknowledge(cursor, seq),
    forget: (cursor) => batcher.forget(cursor),
    onChange: (record) => {
      const { presence, keeper } = ways()
      presence.changed(record)
      keeper.saw(record)
      onChange(record)
    },
    fates: () => ways().delivery,
    onForget: (record) => {
      const { keeper, delivery, groups, statistics } = ways()
      keeper.forgot(record)
      delivery.forgot(record)
      groups.forget(record.id)
      statistics.forget(record)
      onChange(record)
    },
  })
}

/** How many grants of files a hub remembers. */
const mostGrants = 100_000

function assembleFiles(
  options: AssemblyOptions & Pick<HubParts, 'registry' | 'groups'> & { readonly write: (change: RecordChange) => void },
): FileOffice | undefined {
  const { files: keeper, registry, groups } = options
  if (keeper === undefined) return undefined
  const grants = new FileGrants({ ...options, keepMs: keeper.keepMs, most: mostGrants })
  return new FileOffice({ keeper, grants, registry, groups })
}

/** Puts the parts of a hub together. They need each other, so each is handed a way to the others, not the others. */
export function assembleHub(options: AssemblyOptions): HubParts {
  const { store, logger, limits, allowances, timing, node, listeners } = options
  const clock = new HeldClock(options.clock)
  const tally = new Tally()
  const { gate = new Gate({ clock, logger }) } = options
  const packers = packersOf(limits)
  const flusher = new Flusher(logger, () => {
    for (const packer of Object.values(packers)) packer.forget()
  })
  const { frameBytes } = limits
  const presence = new PresenceBoard({ registry: () => registry, flusher, clock, logger, tally, node, frameBytes })
  const shared = { store, clock, logger, tally }
  const batcher: Batcher = new Batcher({
    ...shared,
    onFill: (inbox, fill) => router.drained(inbox, fill),
    onSettled: () => flusher.flush(),
    isAwaited: () => router.holds,
  })
  const told = (): RegistryWays => ({ presence, keeper, delivery, groups, statistics })
  const registry: Registry = assembleRegistry({ ...options, ...shared, batcher }, told)
  const write = (change: RecordChange): void => batcher.record(change)
  const statistics = new Statistics({ ...shared, keepMs: options.statisticsMs, clients: () => registry.all(), write })
  const largeGroups = new LargeGroups({ store, batcher, registry, book: () => groups })
  const groups: GroupBook = new GroupBook({ store, clock, logger, limits: allowances, batcher, large: largeGroups })
  const channels = new Channels({ store, logger, rules: options.channelRules ?? new ChannelRules() })
  const outcomes = new QueueReturns({ ...shared, batcher, shelf: () => delivery.shelf })
  const queues = new QueueBook({ ...shared, batcher, outcomes, most: allowances.queues })
  const files = assembleFiles({ ...options, write, registry, groups })
  const everyone = new Everyone({ ...shared, batcher })
  const keeper = new Keeper({ ...shared, batcher, timing, presence, lasting: options.ownsStore !== true })
  const router: Router = new Router({
    ...shared,
    audienceOf: (envelope) => (envelope.to === everyoneStream ? everyone : largeGroups.audienceOf(envelope)),
    registry,
    groups,
    channels: new ChannelPublisher({ channels, batcher, listeners }),
    queues,
    batcher,
    listeners,
    statistics,
    files,
    onFull: (envelope, clients) => delivery.full(envelope, clients),
    frameBytes,
  })
  const delivery: DeliveryDesk = new DeliveryDesk({ ...shared, registry, groups, batcher, router, files })
  const exchange = new Exchange({ registry, queues, clock, limits, tally })
  const desk = new HubDesk({ exchange, clock, logger, limits })
  const world = { node, clock, logger, limits, allowances, timing, store, gate, tally, intake: { open: true } }
  const served = { groups, largeGroups, channels, queues }
  const memberships = assembleMemberships({ ...served, keeper, clock, registry, store, batcher, limits, timing })
  const ways = { memberships, ...served, delivery, flusher, packers, batcher, registry, router, everyone, keeper }
  return { ...world, ...ways, statistics, presence, files, exchange, desk }
}
