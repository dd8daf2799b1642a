import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { PosthouseError } from '@posthouse/core'

/** Who sent a request, as far as that can be trusted. */
export interface Origin {
  readonly ip: string
  readonly protocol: 'http' | 'https'
  readonly host: string
}

/** Finds out who sent a request. */
export type OriginReader = (request: IncomingMessage) => Origin

/**
 * Reads the origin of requests. What `X-Forwarded-*` says is believed of peers in `trusted` only, address by address.
 *
 * @param trusted networks in CIDR form, or single addresses
 * @throws PosthouseError `invalid_option` for anything else
 */
export function originReader(trusted: readonly string[]): OriginReader {
  // Plain JavaScript may hand over what Fastify and Express take: true, a number of hops, a function.
  if (!Array.isArray(trusted)) throw notCidr(trusted)
  if (trusted.length === 0) return directOrigin
  const networks = networksOf(trusted)
  const trusts = (ip: string) => isIP(ip) !== 0 && networks.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4')
  return (request) => {
    const direct = directOrigin(request)
    if (!trusts(direct.ip)) return direct
    const { headers } = request
    const protocol = lastOf(headers['x-forwarded-proto'])
    return {
      ip: firstUntrusted(direct.ip, listOf(headers['x-forwarded-for']), trusts),
      protocol: protocol === 'https' || protocol === 'http' ? protocol : direct.protocol,
      host: lastOf(headers['x-forwarded-host']) ?? direct.host,
    }
  }
}

function directOrigin({ socket, headers }: IncomingMessage): Origin {
  const ip = unmapped(socket.remoteAddress ?? '')
  return { ip, protocol: 'encrypted' in socket ? 'https' : 'http', host: headers.host ?? '' }
}

/** An IPv4 address that is written as one of IPv6 (RFC 4291, section 2.5.5.2) is the same client. */
function unmapped(ip: string): string {
  const [, dotted, high, low] = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i.exec(ip) ?? []
  if (dotted !== undefined) return dotted
  if (high === undefined || low === undefined) return ip
  return [high, low].flatMap((half) => [Number.parseInt(half, 16) >> 8, Number.parseInt(half, 16) & 255]).join('.')
}

/** Each proxy appends whom it heard; the last that is not one of ours is the client. */
function firstUntrusted(peer: string, forwarded: readonly string[], trusts: (ip: string) => boolean): string {
  let client = peer
  for (const ip of forwarded.toReversed().map(unmapped)) {
    if (isIP(ip) === 0) return client
    client = ip
    if (!trusts(ip)) return client
  }
  return client
}

function networksOf(trusted: readonly string[]): BlockList {
  const networks = new BlockList()
  for (const network of trusted) addNetwork(networks, String(network))
  return networks
}

function addNetwork(networks: BlockList, network: string): void {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? []
  const family = isIP(address)
  const longest = family === 6 ? 128 : 32
  const bits = Number(length ?? longest)
  if (family === 0 || bits < 1 || bits > longest) throw notCidr(network)
  networks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
}

function notCidr(value: unknown): PosthouseError {
  return new PosthouseError(
    'invalid_option',
    `trustProxy takes networks such as 10.0.0.0/8, not ${JSON.stringify(value) ?? typeof value}; whoever could reach the app around the proxy would forge addresses`,
  )
}

function listOf(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return listOf(header).at(-1)
}
