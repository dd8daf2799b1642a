import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Clock } from '@posthouse/core'
import { aFunction, numberFrom, optionsOf, type Rule } from '@posthouse/core/options'
import type { Guard } from './guard.ts'

/** Finds the addresses of a host, best first. */
export type Resolver = (hostname: string) => Promise<readonly LookupAddress[]>

/** How host names become addresses. */
export interface DnsOptions {
  /** How long the addresses of a host are kept, in milliseconds. Default 10,000. Zero keeps nothing. */
  readonly ttlMs?: number
  /** How many hosts are kept; the one that was used longest ago goes first. Default 256. */
  readonly hosts?: number
  /** Resolves names. Default the system's resolver, which knows `/etc/hosts`. */
  readonly resolve?: Resolver
}

export const dnsRule: Rule = optionsOf<DnsOptions>({ ttlMs: numberFrom(0), hosts: numberFrom(1), resolve: aFunction })

interface Entry {
  readonly addresses: Promise<readonly LookupAddress[]>
  until: number
}

/** Addresses of hosts, each asked for once however many connections wait for it. Failures are not kept. */
export class DnsCache {
  readonly #resolve: Resolver
  readonly #ttlMs: number
  readonly #most: number
  readonly #clock: Clock
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()

  constructor({ ttlMs = 10_000, hosts = 256, resolve = systemResolver }: DnsOptions, clock: Clock) {
    this.#resolve = resolve
    this.#ttlMs = ttlMs
    this.#most = hosts
    this.#clock = clock
  }

  /** Hosts that are kept. */
  get size(): number {
    return this.#entries.size
  }

  addressesOf(hostname: string): Promise<readonly LookupAddress[]> {
    const known = this.#entries.get(hostname)
    this.#entries.delete(hostname)
    const entry = known !== undefined && known.until > this.#clock.elapsed() ? known : this.#ask(hostname)
    this.#entries.set(hostname, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#most) break
      this.#entries.delete(oldest)
    }
    return entry.addresses
  }

  /** Asks anew the next time, because none of the addresses could be connected to. */
  forget(hostname: string): void {
    this.#entries.delete(hostname)
  }

  #ask(hostname: string): Entry {
    const entry: Entry = { addresses: this.#resolve(hostname), until: Number.POSITIVE_INFINITY }
    entry.addresses.then(
      () => {
        entry.until = this.#clock.elapsed() + this.#ttlMs
      },
      () => {
        if (this.#entries.get(hostname) === entry) this.#entries.delete(hostname)
      },
    )
    return entry
  }
}

const systemResolver: Resolver = (hostname) => {
  const { promise, resolve, reject } = Promise.withResolvers<readonly LookupAddress[]>()
  systemLookup(hostname, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error)))
  return promise
}

/**
 * The `lookup` of a socket. What the guard has seen is what the socket connects to, because the socket gets its addresses
 * from nowhere else; one refused address refuses the host, since a name that mixes public and private is no accident.
 */
export function guardedLookup(cache: DnsCache, guard: Guard | undefined): LookupFunction {
  return (hostname, options, callback) => {
    cache.addressesOf(hostname).then(
      (found) => {
        const addresses = found.filter(
          ({ family }) => !isFamily(options.family) || family === familyNumber(options.family),
        )
        const problem = problemWith(hostname, addresses, guard)
        if (problem !== undefined) return callback(problem, '')
        const [first] = addresses
        if (options.all) return callback(null, [...addresses])
        callback(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
}

function problemWith(
  hostname: string,
  addresses: readonly LookupAddress[],
  guard: Guard | undefined,
): Error | undefined {
  try {
    for (const { address } of addresses) guard?.checkAddress(hostname, address)
  } catch (error) {
    return error as Error
  }
  if (addresses.length > 0) return undefined
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname })
}

function isFamily(family: LookupOptions['family']): boolean {
  return family !== undefined && family !== 0
}

function familyNumber(family: LookupOptions['family']): number {
  return family === 'IPv6' || family === 6 ? 6 : 4
}
