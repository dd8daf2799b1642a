import { PosthouseError } from '@posthouse/core'
import { assertRate, type Rate } from '../procedure/procedure.ts'

/** How much a server takes on. */
export interface CallLimits {
  /** Calls under way. Default 20,000. */
  readonly calls?: number | undefined
  /** Calls of one caller under way. Default 10,000. */
  readonly callsPerCaller?: number | undefined
  /** Bytes of one call, about. Default 1,000,000, as document 000's server has it. */
  readonly payloadBytes?: number | undefined
  /** Items, and bytes of them, that a stream may have for a caller who wants them as one list. Default 1,000 and 1,000,000. */
  readonly listItems?: number | undefined
  readonly listBytes?: number | undefined
  /** How long a stream waits for a caller that is gone, in milliseconds. Default 60,000. */
  readonly lingerMs?: number | undefined
  /** How often each caller may call. Default: no limit but the others. */
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
