import { type BlockList, isIP } from 'node:net'
import { PosthouseError } from '@posthouse/core'
import { aFlag, aText, either, listOf, optionsOf, type Rule } from '@posthouse/core/options'
import { holds, isNetwork, networkList, specialUse } from './address-class.ts'
import { isWithin, plainHost } from './host-name.ts'

/** Where a client may connect to. Names are judged before they are resolved, addresses when they are connected to. */
export interface GuardOptions {
  /**
   * Whether addresses that are not public may be reached: loopback, private and link-local networks, metadata services.
   * Default false. A list of networks, as in `['10.1.0.0/16']`, lets these through.
   */
  readonly allowPrivate?: boolean | readonly string[]
  /**
   * When given, only these may be reached: host names with all below them (`example.org`), only those below them
   * (`*.example.org`), or networks. A network that is listed here may be private; a name may still not resolve to one.
   */
  readonly allow?: readonly string[]
  /** Never reached, in the same notation. Wins over all else. */
  readonly deny?: readonly string[]
  /**
   * Whether requests may go through a proxy. Default false: a proxy resolves names itself, so nobody here sees which
   * address it connects to. When true, names and literal addresses are judged and the rest is the proxy's business.
   */
  readonly trustProxy?: boolean
}

export const guardRule: Rule = optionsOf<GuardOptions>({
  allowPrivate: either(aFlag, listOf('networks', aText)),
  allow: listOf('names and networks', aText),
  deny: listOf('names and networks', aText),
  trustProxy: aFlag,
})

/** Refuses targets of requests. */
export interface Guard {
  readonly trustProxy: boolean
  /** Refuses a host by its name, or by the address that it is. @throws PosthouseError `address_blocked` */
  checkHost(host: string): void
  /** Refuses an address that a host has. @throws PosthouseError `address_blocked` */
  checkAddress(host: string, address: string): void
}

/**
 * The guard of a client, for whoever wants to refuse a host before a request is made of it.
 * @throws PosthouseError `invalid_option`
 */
export function createGuard(options: GuardOptions): Guard {
  const allow = options.allow === undefined ? undefined : hostList(options.allow, 'guard.allow')
  const deny = hostList(options.deny ?? [], 'guard.deny')
  const mayBePrivate = privateRule(options.allowPrivate ?? false)
  const checkAddress = (host: string, address: string): void => {
    if (deny.holdsAddress(address)) throw refused(host, address, 'it is on the deny list')
    if (allow?.holdsAddress(address)) return
    if (allow !== undefined && !allow.holdsName(host)) throw refused(host, address, 'it is not on the allow list')
    const use = specialUse(address)
    if (use !== undefined && !mayBePrivate(address)) throw refused(host, address, `it is ${use}`)
  }
  const checkHost = (host: string): void => {
    const name = plainHost(host)
    if (isIP(name) === 0) checkName(name)
    else checkAddress(name, name)
  }
  const checkName = (name: string): void => {
    if (deny.holdsName(name)) throw refused(name, undefined, 'it is on the deny list')
    const named = allow === undefined || allow.holdsName(name) || allow.networks > 0
    if (!named) throw refused(name, undefined, 'it is not on the allow list')
  }
  return {
    trustProxy: options.trustProxy ?? false,
    checkHost,
    checkAddress: (host, at) => checkAddress(plainHost(host), at),
  }
}

function refused(host: string, address: string | undefined, why: string): PosthouseError {
  const target = address === undefined || address === host ? host : `${host} (${address})`
  return new PosthouseError('address_blocked', `${target} may not be reached: ${why}`)
}

function privateRule(allowed: boolean | readonly string[]): (address: string) => boolean {
  if (typeof allowed === 'boolean') return () => allowed
  const list = hostList(allowed, 'guard.allowPrivate')
  const [name] = list.names
  if (name !== undefined) throw invalid('guard.allowPrivate', name, 'a network, like 10.1.0.0/16')
  return list.holdsAddress
}

interface HostList {
  readonly names: readonly string[]
  readonly networks: number
  holdsName(name: string): boolean
  holdsAddress(address: string): boolean
}

function hostList(entries: readonly string[], option: string): HostList {
  const networks = entries.map((entry) => entry.replace(/^\[(.*)\]$/, '$1')).filter(isNetwork)
  const names = entries
    .filter((entry) => !isNetwork(entry.replace(/^\[(.*)\]$/, '$1')))
    .map((entry) => plainHost(entry))
  for (const name of names) {
    if (!/^(\*\.)?[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$/u.test(name) || /^[\d.]+$/.test(name)) {
      throw invalid(option, name, 'a host name, like example.org or *.example.org, or a network, like 10.1.0.0/16')
    }
  }
  const list: BlockList = networkList(networks)
  return {
    names,
    networks: networks.length,
    holdsName: (name) => names.some((entry) => matches(name, asciiName(entry))),
    holdsAddress: (address) => holds(list, address),
  }
}

function matches(name: string, entry: string): boolean {
  if (entry.startsWith('*.')) return name.endsWith(entry.slice(1))
  return isWithin(name, entry)
}

// The host of a URL is in ASCII; an entry may be written as people write it.
function asciiName(entry: string): string {
  const [, star = '', name = ''] = /^(\*\.)?(.*)$/.exec(entry) ?? []
  return star + (URL.parse(`http://${name}`)?.hostname ?? name)
}

function invalid(option: string, value: string, wanted: string): PosthouseError {
  return new PosthouseError('invalid_option', `${option}: ${JSON.stringify(value)} is not ${wanted}`)
}
