import {
  assertPlainName,
  type Clock,
  type Logger,
  type MessageType,
  PosthouseError,
  randomHex,
  systemClock,
} from '@posthouse/core'
import { type Backoff, exponentialBackoff } from '@posthouse/core/policy'
import { type Dialect, inferType, type WillFields } from '@posthouse/protocol'
import { machineId } from '#machine-id'
import type { WebSocketConstructor } from './connection/web-socket.ts'
import type { OutboxLimits } from './dialog/sends.ts'
import type { ClientStorage } from './storage/client-storage.ts'

/** How a lost connection is sought again. */
export interface ReconnectOptions {
  /** Upper end of the first wait, in milliseconds. Default 500. */
  readonly baseMs?: number
  /** The largest upper end of a wait, in milliseconds. Default 20,000. */
  readonly capMs?: number
  /** Attempts in a row before the client gives up and is idle. Default: without end. */
  readonly attempts?: number
}

/** A message that the hub sends when a client is lost. */
export interface LastWill extends Omit<WillFields, 'type'> {
  /** Default: text for a string, otherwise dict. */
  readonly type?: MessageType
}

/** Settings of a `HubClient`. */
export interface HubClientOptions {
  /** Address of the hub, `ws://` or `wss://`. Default `ws://127.0.0.1:9898`. */
  readonly url?: string
  /** Default: 12 hexadecimal digits that stand for the machine, an underscore and 8 random ones. */
  readonly clientId?: string
  /** Asks the hub to forget this client when it has left: for programs that come only once. Default false. */
  readonly transient?: boolean
  /** The wire language. Default `json`; the code of the others is loaded when it is asked for. */
  readonly dialect?: Dialect
  /**
   * What to log in with, or where to get it: a function is called for each attempt to connect, so that one that has
   * expired is exchanged. It goes into the first frame. The cross_comm dialect has no words for it. Spec: 10.2, 10.3.2.
   */
  readonly token?: string | (() => string | Promise<string>)
  /** Whether, and how, a lost connection is sought again. Default true. */
  readonly reconnect?: boolean | ReconnectOptions
  /** How long an attempt may take until the hub's welcome, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** How much may wait to be confirmed. Default: 1,000 messages, 8 MiB. */
  readonly outbox?: Partial<OutboxLimits>
  /** Live messages that may wait for one listener before more are dropped. Default 1,024. */
  readonly maxPending?: number
  /**
   * How often the client says something of its own accord, in milliseconds. Default: 30,000 in the cross_comm dialect;
   * in the others it answers the hub.
   */
  readonly heartbeatIntervalMs?: number
  /**
   * How long the hub may be silent, in milliseconds. Default: the hub's heartbeat, or `heartbeatIntervalMs`, and 10,000
   * more; in the cross_comm dialect 60,000, or twice the interval where that is longer.
   */
  readonly heartbeatTimeoutMs?: number
  /**
   * Where the client keeps what it must not forget when its program ends: with it, messages of qos 1 that were not confirmed
   * are sent again by the next life of the program, and those that were handled are not handed over again. The session is
   * not kept: the next life begins a new one, which is given what waits for the client, also of messages to `all` and to
   * groups, but in which it has no subscriptions. A program that is not to miss anything of a channel keeps
   * `Subscription.position` when it has handled a message and subscribes with it as `after`; what a queue had given out goes
   * to whoever works for it. Default: nowhere. Spec: 4.1.5, 4.7.6
   */
  readonly storage?: ClientStorage
  /**
   * What the hub sends in this client's name when it has gone without `close` and does not come back. The hub judges it:
   * `connect` rejects with `malformed_frame` or `forbidden`. The cross_comm dialect has no words for it. Default: nothing. Spec: 3.6
   */
  readonly will?: LastWill
  /** Default: the clock of the machine. */
  readonly clock?: Clock
  /** Source of randomness in [0, 1) for the waits. Default `Math.random`. */
  readonly random?: () => number
  /** Default: says nothing. */
  readonly logger?: Logger
  /** Default: the platform's. */
  readonly WebSocket?: WebSocketConstructor
}

/** Settings with every default filled in. */
export interface Settings {
  readonly url: string
  readonly clientId: string
  readonly transient: boolean
  readonly dialect: Dialect
  readonly token: HubClientOptions['token']
  /** Attempts in a row; 0 where a lost connection stays lost. */
  readonly attempts: number
  readonly backoff: Backoff
  readonly connectTimeoutMs: number
  readonly outbox: OutboxLimits
  readonly maxPending: number
  readonly heartbeatIntervalMs: number | undefined
  readonly heartbeatTimeoutMs: number | undefined
  readonly storage: ClientStorage | undefined
  readonly will: WillFields | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger | undefined
  readonly WebSocket: WebSocketConstructor
}

const dialects: readonly Dialect[] = ['json', 'msgpack', 'cross_comm']

/**
 * Fills in the defaults.
 * @throws PosthouseError `invalid_option`, `invalid_client_id`
 */
export function settingsOf(options: HubClientOptions): Settings {
  const { url = 'ws://127.0.0.1:9898', clientId = `${machineId()}_${randomHex(4)}`, transient = false, token } = options
  const { dialect = 'json', connectTimeoutMs = 10_000, maxPending = 1024, reconnect = true, outbox = {} } = options
  const { heartbeatIntervalMs, heartbeatTimeoutMs, clock = systemClock, logger } = options
  const { random = Math.random, WebSocket = globalThis.WebSocket, storage, will } = options
  const { attempts = Number.POSITIVE_INFINITY, baseMs, capMs } = reconnect === true ? {} : reconnect || { attempts: 0 }
  const { messages = 1000, bytes = 8 * 1_048_576 } = outbox
  const amounts = {
    connectTimeoutMs,
    heartbeatIntervalMs,
    heartbeatTimeoutMs,
    baseMs,
    capMs,
    maxPending,
    messages,
    bytes,
    attempts: attempts === 0 ? 1 : attempts,
  }
  for (const [name, value = 1] of Object.entries(amounts)) {
    assertOption(value > 0, name, 'a number above 0', value)
  }
  assertOption(/^wss?:/i.test(url) && URL.canParse(url), 'url', 'a ws:// or wss:// address', url)
  assertOption(dialects.includes(dialect), 'dialect', `one of ${dialects}`, dialect)
  assertOption(
    dialect !== 'cross_comm' || (token ?? will) === undefined,
    'token or will',
    'absent in cross_comm',
    'given',
  )
  assertOption(WebSocket, 'WebSocket', 'given here', WebSocket)
  return {
    token,
    storage,
    will: will && { ...will, type: will.type ?? inferType(will.body) },
    heartbeatIntervalMs,
    heartbeatTimeoutMs,
    url,
    clientId: assertPlainName(clientId, 'invalid_client_id'),
    transient,
    dialect,
    attempts,
    backoff: exponentialBackoff({ baseMs, capMs, random }),
    connectTimeoutMs,
    outbox: { messages, bytes },
    maxPending,
    clock,
    random,
    logger,
    WebSocket,
  }
}

function assertOption(holds: unknown, name: string, rule: string, value: unknown): asserts holds {
  if (holds) return
  throw new PosthouseError('invalid_option', `${name} must be ${rule}, not ${String(value).slice(0, 100)}`)
}
