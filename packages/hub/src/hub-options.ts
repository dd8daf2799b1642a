import {
  type Clock,
  type FileKeeper,
  type InboxStore,
  type Logger,
  MemoryInboxStore,
  PosthouseError,
  randomHex,
  silentLogger,
  systemClock,
} from '@posthouse/core'
import { checkOptions } from '@posthouse/core/options'
import { defaultLimits, type Limits } from '@posthouse/protocol'
import { type Authentication, oneAuthenticator } from './access/authenticators.ts'
import { type LegacyRule, LegacyRules } from './access/legacy-rules.ts'
import type { Authenticator } from './access/principal.ts'
import { type ChannelRule, ChannelRules } from './channels/channel-rules.ts'
import type { SendQueueLimits } from './door/connection.ts'
import { type Allowances, type QuotaOptions, type RateOptions, resolveAllowances } from './limits/rates.ts'
import { ThrottledLog } from './limits/throttled-log.ts'
import { hubRules } from './option-rules.ts'
import { defaultStatisticsMs } from './stats/statistics.ts'
import type { Timing } from './timing.ts'

/** Settings of a `Hub`. */
export interface HubOptions {
  /** Where inboxes are kept. It is lent: the hub does not close it. Default: a memory store of the hub's own. */
  readonly store?: InboxStore
  /** Silence after which a v1 client is pinged, in milliseconds. Default 25,000, or half the timeout where that is less. */
  readonly heartbeatIntervalMs?: number
  /**
   * Silence after which a client counts as gone, in milliseconds; more than the interval. Default: the interval and
   * 10,000 for v1 clients, 60,000 for cross_comm programs.
   */
  readonly heartbeatTimeoutMs?: number
  /** How long a connection may take to say hello, in milliseconds. Default 5,000. */
  readonly helloTimeoutMs?: number
  /** For how long a session can be resumed once its connection is lost, in milliseconds. Default 120,000. */
  readonly sessionTtlMs?: number
  /** For how long a worker of a queue keeps what it was given while its connection is lost, in milliseconds. Default 30,000. */
  readonly leaseMs?: number
  /** Part of what clients may do; each limit has its documented default. */
  readonly limits?: Partial<Omit<Limits, 'framesPerArray'>>
  /** How much one client or address may ask of the hub per second. */
  readonly rates?: RateOptions
  /** How many connections and ids there may be at a time. */
  readonly quotas?: QuotaOptions
  /** How much output may wait for a slow reader. Default: 1 MiB until live messages are dropped, 4 MiB in all. */
  readonly sendQueue?: Partial<SendQueueLimits>
  /** Whether cross_comm programs may log in. Default true. */
  readonly crossComm?: boolean
  /**
   * Finds out who v1 clients are and what they may do: `tokenFile`, `jwt`, or a function of your own. Of a
   * list, the first that does not say `unauthenticated` decides. It is asked for each connection, within `helloTimeoutMs`. Default: nobody is asked, and everybody may do everything. Spec: 10.
   */
  readonly authenticate?: Authentication
  /**
   * Which cross_comm programs may log in: they cannot prove who they are. The first rule that fits decides. Default:
   * nobody with `authenticate`, everybody without it. Spec: 9.9.
   */
  readonly legacyAllow?: readonly LegacyRule[]
  /** The YAML file in which the state of clients is kept, as cross_comm servers do. Default: none. */
  readonly statusFile?: string
  /**
   * How much of what was published in channels is kept; the first rule that fits a channel decides. Default: of each channel
   * 1,000 messages for an hour. Spec: 4.7.8.
   */
  readonly channels?: readonly ChannelRule[]
  /** Keeps the files that messages tell of. It is lent. Default: clients cannot ask for files. Spec: 11. */
  readonly files?: FileKeeper
  /** Client ids remembered. Default 100,000. */
  readonly maxClients?: number
  /** For how long statistics by the hour are kept, in milliseconds. Default 30 days. */
  readonly statisticsMs?: number
  /**
   * Browser origins that may connect besides those of this computer and of the hub's own host; `*` lets every page in.
   * Default: none.
   */
  readonly allowedOrigins?: readonly string[]
  /** Name of this hub in presence. Default: a random one. */
  readonly node?: string
  readonly logger?: Logger
  readonly clock?: Clock
}

/** Settings with every default filled in. */
export interface ResolvedOptions {
  readonly store: InboxStore
  /** The store is the hub's own, and ends with it. */
  readonly ownsStore: boolean
  readonly timing: Timing
  readonly limits: Limits
  readonly allowances: Allowances
  readonly sendQueue: SendQueueLimits
  readonly crossComm: boolean
  readonly authenticator: Authenticator | undefined
  readonly legacy: LegacyRules | undefined
  readonly statusFile: string | undefined
  readonly channelRules: ChannelRules
  readonly files: FileKeeper | undefined
  readonly maxClients: number
  readonly statisticsMs: number
  readonly allowedOrigins: ReadonlySet<string>
  readonly node: string
  readonly logger: ThrottledLog
  readonly clock: Clock
}

/**
 * Fills in the defaults.
 * @throws PosthouseError `invalid_option`
 */
export function resolveOptions(options: HubOptions): ResolvedOptions {
  checkOptions('Hub', options, hubRules)
  const clock = options.clock ?? systemClock
  const limits = { ...defaultLimits, ...options.limits }
  const sendQueue = { softBytes: 1_048_576, hardBytes: 4 * 1_048_576, ...options.sendQueue }
  const timing = timingOf(options)
  const { statisticsMs = defaultStatisticsMs } = options
  assertWhole({ ...limits, ...sendQueue, ...timing, maxClients: options.maxClients ?? 1, statisticsMs })
  return {
    store: options.store ?? new MemoryInboxStore({ clock }),
    ownsStore: options.store === undefined,
    timing,
    limits,
    allowances: resolveAllowances(options.rates ?? {}, options.quotas ?? {}, limits),
    sendQueue,
    crossComm: options.crossComm ?? true,
    authenticator: oneAuthenticator(options.authenticate),
    legacy: options.legacyAllow && new LegacyRules(options.legacyAllow),
    statusFile: options.statusFile,
    channelRules: new ChannelRules(options.channels),
    files: options.files,
    maxClients: options.maxClients ?? 100_000,
    statisticsMs,
    allowedOrigins: new Set(options.allowedOrigins),
    node: options.node ?? `node-${randomHex(4)}`,
    logger: new ThrottledLog(options.logger ?? silentLogger, clock),
    clock,
  }
}

function timingOf(options: HubOptions): Timing {
  const { heartbeatTimeoutMs: timeoutMs } = options
  const usualMs = timeoutMs === undefined ? 25_000 : Math.max(1, Math.min(25_000, Math.floor(timeoutMs / 2)))
  const heartbeatMs = options.heartbeatIntervalMs ?? usualMs
  if (timeoutMs !== undefined && timeoutMs <= heartbeatMs) {
    const message = `heartbeatTimeoutMs (${timeoutMs}) must be more than heartbeatIntervalMs (${heartbeatMs})`
    throw new PosthouseError('invalid_option', message)
  }
  return {
    helloMs: options.helloTimeoutMs ?? 5000,
    heartbeatMs,
    v1TimeoutMs: timeoutMs ?? heartbeatMs + 10_000,
    crossCommTimeoutMs: timeoutMs ?? 60_000,
    sessionMs: options.sessionTtlMs ?? 120_000,
    leaseMs: options.leaseMs ?? 30_000,
  }
}

/** These numbers go on the wire, or are compared with such. */
function assertWhole(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new PosthouseError('invalid_option', `${name} must be a whole number above 0, not ${value}`)
  }
}
