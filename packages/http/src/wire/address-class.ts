import { BlockList, isIP } from 'node:net'

/** Networks that are no part of the public Internet, after the special-purpose registries of IANA (RFC 6890). */
const special = [
  ['this network', '0.0.0.0/8'],
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
  ['shared by a provider', '100.64.0.0/10'],
  ['loopback', '127.0.0.0/8', '::1/128'],
  ['link-local', '169.254.0.0/16', 'fe80::/10'],
  ['reserved', '192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4', '100::/64', '2001::/23'],
  ['for documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'],
  ['multicast', '224.0.0.0/4', 'ff00::/8'],
  ['unspecified', '::/128'],
  // Azure answers machines about themselves from a public address.
  ['metadata', '168.63.129.16/32'],
] as const

const lists = special.map(([name, ...networks]) => ({ name, list: networkList(networks) }))
const global6 = networkList(['2000::/3'])

/** Says of which kind an address is that the public Internet does not know; nothing for a public one. */
export function specialUse(address: string): string | undefined {
  const plain = withoutZone(address)
  const embedded = embeddedIPv4(plain)
  if (embedded !== undefined) return specialUse(embedded)
  const family = familyOf(plain)
  const found = lists.find(({ list }) => list.check(plain, family))
  if (found !== undefined) return found.name
  return family === 'ipv6' && !global6.check(plain, family) ? 'reserved' : undefined
}

/** A list that holds networks like `10.0.0.0/8` and single addresses. The texts must have been judged by `isNetwork`. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = familyOf(address)
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list
}

/** True for an address, or an address with the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  if (rest.length > 0 || bits < 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
}

/** True where the list holds the address, or the IPv4 address inside of it. */
export function holds(list: BlockList, address: string): boolean {
  const plain = withoutZone(address)
  if (list.check(plain, familyOf(plain))) return true
  const embedded = embeddedIPv4(plain)
  return embedded !== undefined && list.check(embedded, 'ipv4')
}

/** The IPv4 address that packets to an IPv6 address end up at: mapped (RFC 4291), NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function embeddedIPv4(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined
  const groups = groupsOf(address)
  const prefix = groups.slice(0, 6).join(':')
  if (groups[0] === 0x2002) return dotted(groups[1], groups[2])
  const ends = prefix === '0:0:0:0:0:65535' || prefix === '100:65435:0:0:0:0'
  return ends ? dotted(groups[6], groups[7]) : undefined
}

function groupsOf(address: string): number[] {
  const hex = address.replace(/\d+\.\d+\.\d+\.\d+$/, (tail) => {
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = hex.split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  return [...first, ...zeros, ...last].map((group) => Number.parseInt(group, 16))
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}
