import { PosthouseError } from '@posthouse/core'
import type { Limits } from '@posthouse/protocol'

/** A steady rate that allows bursts. */
export interface Rate {
  readonly perSecond: number
  /** How much may come at once after a pause. Default: what comes in two seconds. */
  readonly burst?: number
}

/** How much one client, or one address, may ask of the hub per second. `false` or `Infinity` switches a rate off. */
export interface RateOptions {
  /** Frames of one connection. Default 200,000, at most 400,000 at once. */
  readonly messages?: Rate | number | false
  /** Bytes of one connection. Default 64 MiB, at most 128 MiB at once. */
  readonly bytes?: Rate | number | false
  /**
   * Connections from one address; IPv6 addresses count by their /64 network. Default 50, at most 500 at once, and
   * without a limit from this computer itself: behind a proxy on it everyone would have one address. A rate that is given
   * counts for everyone.
   */
  readonly connects?: Rate | number | false
}

/** How many there may be at a time. `false` or `Infinity` switches a quota off. */
export interface QuotaOptions {
  /** Connections in all. Default: no limit but the operating system's. */
  readonly connections?: number | false
  /** Connections in all that have not logged in. Default 5,000. */
  readonly strangers?: number | false
  /** Connections from one address that have not logged in. Default 200; from this computer itself only where it is given. */
  readonly strangersPerAddress?: number | false
  /** Client ids that are logged in on one cross_comm connection. Default 1,000. */
  readonly idsPerConnection?: number | false
  /** Groups. Default 10,000. */
  readonly groups?: number | false
  /** Members of one group. Default 100,000. */
  readonly groupMembers?: number | false
  /** Groups that one client belongs to. Default 64. */
  readonly groupsPerClient?: number | false
  /** Queues; those that hold nothing and have no workers make room for others. Default 10,000. */
  readonly queues?: number | false
}

/** A rate with every default filled in. `Infinity` stands for none. */
export type ResolvedRate = Required<Rate>

/** All rates and quotas. `Infinity` stands for none. */
export interface Allowances {
  readonly messages: ResolvedRate
  readonly bytes: ResolvedRate
  readonly connects: ResolvedRate
  readonly connections: number
  readonly strangers: number
  readonly strangersPerAddress: number
  readonly idsPerConnection: number
  readonly groups: number
  readonly groupMembers: number
  readonly groupsPerClient: number
  readonly queues: number
  /** Whether `connects` and `strangersPerAddress` hold for this computer itself, too. */
  readonly countLoopback: { readonly connects: boolean; readonly strangers: boolean }
}

const mebibyte = 1_048_576

/**
 * Fills in the defaults.
 * @throws PosthouseError `invalid_option`
 */
export function resolveAllowances(rates: RateOptions, quotas: QuotaOptions, limits: Limits): Allowances {
  const bytes = rateOf('rates.bytes', rates.bytes, { perSecond: 64 * mebibyte, burst: 128 * mebibyte })
  if (bytes.burst < limits.frameBytes) {
    const message = `rates.bytes.burst (${bytes.burst}) must not be less than limits.frameBytes (${limits.frameBytes})`
    throw new PosthouseError('invalid_option', message)
  }
  return {
    bytes,
    messages: rateOf('rates.messages', rates.messages, { perSecond: 200_000, burst: 400_000 }),
    connects: rateOf('rates.connects', rates.connects, { perSecond: 50, burst: 500 }),
    connections: quotaOf('connections', quotas.connections, Number.POSITIVE_INFINITY),
    strangers: quotaOf('strangers', quotas.strangers, 5000),
    strangersPerAddress: quotaOf('strangersPerAddress', quotas.strangersPerAddress, 200),
    idsPerConnection: quotaOf('idsPerConnection', quotas.idsPerConnection, 1000),
    groups: quotaOf('groups', quotas.groups, 10_000),
    groupMembers: quotaOf('groupMembers', quotas.groupMembers, 100_000),
    groupsPerClient: quotaOf('groupsPerClient', quotas.groupsPerClient, 64),
    queues: quotaOf('queues', quotas.queues, 10_000),
    countLoopback: {
      connects: rates.connects !== undefined,
      strangers: quotas.strangersPerAddress !== undefined,
    },
  }
}

function rateOf(name: string, given: Rate | number | false | undefined, usual: ResolvedRate): ResolvedRate {
  if (given === undefined) return usual
  if (given === false) return { perSecond: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY }
  const { perSecond, burst }: Rate = typeof given === 'number' ? { perSecond: given } : given
  const rate = { perSecond, burst: burst ?? Math.max(1, perSecond * 2) }
  if (rate.perSecond > 0 && rate.burst >= 1) return rate
  throw new PosthouseError(
    'invalid_option',
    `${name} must be above 0, with a burst of at least 1; or false for no limit`,
  )
}

function quotaOf(name: string, given: number | false | undefined, usual: number): number {
  if (given === undefined) return usual
  if (given === false || given === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  if (Number.isSafeInteger(given) && given > 0) return given
  const message = `quotas.${name} must be a whole number above 0, or false for no limit; it is ${given}`
  throw new PosthouseError('invalid_option', message)
}
