import { BlockList, type IPVersion, isIP } from 'node:net'
import { PosthouseError } from '@posthouse/core'
import { anObject, aText, checkOptions, listOf, type Rules } from '@posthouse/core/options'
import { Access } from './access.ts'
import { compileNames } from './address-pattern.ts'
import type { NameTest } from './glob.ts'
import type { Permission } from './permission.ts'

/** Lets cross_comm programs in, which cannot prove who they are. Spec: 9.9. */
export interface LegacyRule {
  /** The client ids, as patterns, that they may use: `*` stands for any run of characters. */
  readonly clients: readonly string[]
  /**
   * Where they connect from: IP addresses and networks (`192.168.1.0/24`). Behind a proxy that is the proxy's address.
   * Default: anywhere.
   */
  readonly networks?: readonly string[]
  /** Default: every operation but `administer`, on every address. */
  readonly permissions?: readonly Permission[]
}

/** Without the option `networks`, a rule lets in from anywhere: it must not be misspelled. */
const options: Rules<LegacyRule> = {
  clients: listOf('patterns', aText),
  networks: listOf('networks', aText),
  permissions: listOf('permissions', anObject),
}

type Networks = Readonly<Record<IPVersion, BlockList>>

interface CompiledRule {
  readonly fits: NameTest
  readonly networks: Networks | undefined
  readonly permissions: readonly Permission[] | undefined
}

/** The rules by which cross_comm programs are let in. The first that fits decides what they may do. */
export class LegacyRules {
  static readonly nobody: LegacyRules = new LegacyRules([])
  static readonly everybody: LegacyRules = new LegacyRules([], Access.everything)
  readonly #rules: readonly CompiledRule[]
  readonly #otherwise: Access | undefined

  /** @throws PosthouseError `invalid_option` */
  constructor(rules: readonly LegacyRule[], otherwise?: Access) {
    this.#rules = rules.map(compileRule)
    this.#otherwise = otherwise
  }

  /** What a program may do that uses this id and comes from this address; nothing where no rule lets it in. */
  find(client: string, remoteAddress: string): Access | undefined {
    const rule = this.#rules.find(
      ({ fits, networks }) => fits(client) && (!networks || within(networks, remoteAddress)),
    )
    return rule === undefined ? this.#otherwise : new Access(rule.permissions, client)
  }
}

function compileRule(rule: LegacyRule): CompiledRule {
  checkOptions('legacyAllow', rule, options, ['clients'])
  const { clients, networks, permissions } = rule
  // What cannot be compiled should be told now, and not when the first program comes.
  new Access(permissions, 'nobody')
  return { fits: compileNames(clients), networks: networks && compileNetworks(networks), permissions }
}

/** A list for each version: one for both takes IPv4 addresses for IPv6 ones. */
function compileNetworks(networks: readonly string[]): Networks {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const text of networks) {
    const [address = '', prefix, ...rest] = text.split('/')
    const version = versionOf(address)
    const most = version === 'ipv4' ? 32 : 128
    const bits = prefix === undefined ? most : Number(prefix)
    if (
      version === undefined ||
      rest.length > 0 ||
      !/^\d{1,3}$/.test(prefix ?? '0') ||
      bits > most ||
      isMapped(address)
    ) {
      const how = 'write an IP address or a network such as 192.168.1.0/24 or fd00::/8'
      throw new PosthouseError('invalid_option', `${JSON.stringify(text.slice(0, 100))} is no network: ${how}`)
    }
    lists[version].addSubnet(address, bits, version)
  }
  return lists
}

function within(networks: Networks, remoteAddress: string): boolean {
  // A dual-stack socket reports IPv4 addresses in their mapped form (RFC 4291, section 2.5.5.2), and link-local ones with
  // their zone.
  const address = remoteAddress.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
  const version = versionOf(address)
  return version !== undefined && networks[version].check(address, version)
}

function versionOf(address: string): IPVersion | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}

function isMapped(address: string): boolean {
  return /^::ffff:/i.test(address)
}
