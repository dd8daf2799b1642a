import type { PoolStats } from '../pool/pool.ts'
import { Pool } from '../pool/pool.ts'
import { poolLimitsOf } from '../pool/pool-options.ts'
import { heeding } from '../transport/heeding.ts'
import type { Transport } from '../transport/transport.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { Wire } from '../wire/wire.ts'
import type { HttpClientOptions } from './client-options.ts'
import type { Settings } from './settings.ts'
import { Traffic } from './traffic.ts'

/** What the requests of a client travel over. Clients that were extended from each other share one. */
export interface Network {
  readonly transport: Transport
  readonly traffic: Traffic
  readonly stats: () => PoolStats
  readonly close: () => Promise<void>
}

/** The options that make a network what it is: where they differ, a client needs one of its own. */
export const networkOptions: readonly (keyof HttpClientOptions)[] = [
  'transport',
  'pool',
  'tls',
  'proxy',
  'http2',
  'dns',
  'guard',
  'clock',
]

/** @throws `invalid_option` */
export function networkOf(options: HttpClientOptions, settings: Settings): Network {
  if (options.transport !== undefined) return pretended(options.transport)
  const { clock, logger } = settings
  const wire = new Wire(options, {
    connectTimeoutMs: longestConnect,
    client: undiciOptions,
    clock,
    ...(logger && { logger }),
  })
  const pool = new Pool(wire.open, poolLimitsOf(options.pool), clock)
  const traffic = new Traffic()
  return {
    transport: undiciTransport(pool),
    traffic,
    stats: () => pool.stats,
    close: async () => {
      traffic.close()
      pool.close()
      await wire[Symbol.asyncDispose]()
    },
  }
}

/** The pool counts idle time and the lifeline all else; undici's own timers are coarser. */
const aDay = 24 * 60 * 60_000
const undiciOptions = {
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: aDay,
  keepAliveMaxTimeout: aDay,
} as const

/** The lifeline ends what takes too long; this only cleans up behind proxies. */
const longestConnect = 600_000

function pretended(transport: Transport): Network {
  const traffic = new Traffic()
  const stats = { connections: 0, idle: 0, running: 0, queued: 0 }
  return { transport: heeding(transport), traffic, stats: () => stats, close: async () => traffic.close() }
}
