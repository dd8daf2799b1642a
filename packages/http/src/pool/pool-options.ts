import { numberFrom, optionsOf, type Rule } from '@posthouse/core/options'

/** How many connections a client has, and how many requests wait for one. */
export interface PoolOptions {
  /** Connections at once, to all servers together. Default 100. */
  readonly maxConnections?: number | undefined
  /** Connections at once to one origin. Default: as many as `maxConnections`. */
  readonly maxPerOrigin?: number | undefined
  /** Connections that stay open although nothing is sent over them; those above are closed after 200 ms. Default 20. */
  readonly maxIdle?: number | undefined
  /** How long such a connection stays open, in milliseconds. Default 5,000. */
  readonly idleMs?: number | undefined
  /** Requests that wait for a connection; those above are refused with `pool_full`. Default 10,000. */
  readonly maxQueue?: number | undefined
}

/** Every limit of a pool. */
export type PoolLimits = Readonly<Record<keyof PoolOptions, number>>

export const defaultPoolLimits: PoolLimits = {
  maxConnections: 100,
  maxPerOrigin: 100,
  maxIdle: 20,
  idleMs: 5000,
  maxQueue: 10_000,
}

export const poolRule: Rule = optionsOf<PoolOptions>({
  maxConnections: numberFrom(1),
  maxPerOrigin: numberFrom(1),
  maxIdle: numberFrom(0),
  idleMs: numberFrom(0),
  maxQueue: numberFrom(0),
})

export function poolLimitsOf(options: PoolOptions = {}): PoolLimits {
  const maxConnections = options.maxConnections ?? defaultPoolLimits.maxConnections
  return {
    maxConnections,
    maxPerOrigin: options.maxPerOrigin ?? maxConnections,
    maxIdle: options.maxIdle ?? defaultPoolLimits.maxIdle,
    idleMs: options.idleMs ?? defaultPoolLimits.idleMs,
    maxQueue: options.maxQueue ?? defaultPoolLimits.maxQueue,
  }
}
