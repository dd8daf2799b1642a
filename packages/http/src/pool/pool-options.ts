import { PosthouseError } from '@posthouse/core'

/** How many connections a client has, and how many requests wait for one. */
export interface PoolOptions {
  /** Connections at once, to all servers together. Default 100. */
  readonly maxConnections?: number | undefined
  /** Connections at once to one origin. Default: as many as `maxConnections`. */
  readonly maxPerOrigin?: number | undefined
  /** Connections that stay open although nothing is sent over them. Default 20. */
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

/** @throws `invalid_option` */
export function poolLimitsOf(options: PoolOptions = {}): PoolLimits {
  const maxConnections = options.maxConnections ?? defaultPoolLimits.maxConnections
  const limits: PoolLimits = {
    maxConnections,
    maxPerOrigin: options.maxPerOrigin ?? maxConnections,
    maxIdle: options.maxIdle ?? defaultPoolLimits.maxIdle,
    idleMs: options.idleMs ?? defaultPoolLimits.idleMs,
    maxQueue: options.maxQueue ?? defaultPoolLimits.maxQueue,
  }
  for (const name of ['maxConnections', 'maxPerOrigin'] as const) atLeast(1, name, limits[name])
  for (const name of ['maxIdle', 'idleMs', 'maxQueue'] as const) atLeast(0, name, limits[name])
  return limits
}

function atLeast(least: number, name: string, value: number): void {
  if (value >= least) return
  throw new PosthouseError('invalid_option', `pool.${name} is ${value}; it must be ${least} or more`)
}
