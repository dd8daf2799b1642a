import { PosthouseError } from '@posthouse/core'
import { assertRate, type Rate } from '../procedure/procedure.ts'

/** How much a server takes on. */
export interface CallLimits {
  /** Calls under way at the same time. Default 20,000. */
  readonly calls?: number | undefined
  /** The same for one caller. Default 10,000. */
  readonly callsPerCaller?: number | undefined
  /** The approximate size of one call, in bytes. Default 1,000,000, as in document 000's server. */
  readonly payloadBytes?: number | undefined
  /** Items of a stream for a caller that wants them as one list. Default 1,000. */
  readonly listItems?: number | undefined
  /** Their size, in UTF-16 units of their JSON. Default 1,000,000. */
  readonly listBytes?: number | undefined
  /** How long a stream waits for a caller that has gone, in milliseconds. Default 60,000. */
  readonly lingerMs?: number | undefined
  /** How often each caller may call. Default: no limit besides the others. */
  readonly rate?: Rate | undefined
}

const defaults = {
  calls: 20_000,
  callsPerCaller: 10_000,
  payloadBytes: 1_000_000,
  listItems: 1_000,
  listBytes: 1_000_000,
  lingerMs: 60_000,
}

/** Limits with every default filled in. */
export interface KnownLimits extends Readonly<typeof defaults> {
  readonly rate: Rate | undefined
}

/** @throws PosthouseError `invalid_option` */
export function knownLimits({ rate, ...given }: CallLimits = {}): KnownLimits {
  const limits = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) throw new PosthouseError('invalid_option', `there is no limit ${name}`)
    if (value === undefined) continue
    if (!(value > 0)) throw new PosthouseError('invalid_option', `limits.${name} must be above 0, not ${value}`)
    Object.assign(limits, { [name]: value })
  }
  if (rate !== undefined) assertRate(rate)
  return { ...limits, rate }
}
