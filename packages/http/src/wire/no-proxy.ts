import { type BlockList, isIP } from 'node:net'
import { holds, isNetwork, networkList } from './address-class.ts'
import { isWithin, plainHost } from './host-name.ts'

/** Says whether requests to a URL go past the proxy. */
export type Bypass = (url: URL) => boolean

interface Entry {
  readonly port: number | undefined
  covers(host: string): boolean
}

/**
 * Reads what `NO_PROXY` may hold, with commas or spaces between: `*`, host names (`example.org` and `.example.org` cover all
 * below them too, `*.example.org` only those), addresses, networks; each with a port or without. A name is compared without
 * regard to case and to the dot of the root; an address by its value and not by its spelling.
 */
export function readNoProxy(list: string): Bypass {
  const entries = list
    .split(/[\s,]+/)
    .filter((text) => text !== '')
    .map(readEntry)
  if (entries.length === 0) return () => false
  return (url) => {
    const host = plainHost(url.hostname)
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
    return entries.some((entry) => (entry.port === undefined || entry.port === port) && entry.covers(host))
  }
}

function readEntry(text: string): Entry {
  const { host, port } = withoutPort(text)
  const name = plainHost(host)
  if (name === '*') return { port, covers: () => true }
  if (isNetwork(name)) return { port, covers: coversAddress(networkList([name])) }
  const literal = addressOf(name)
  if (literal !== undefined) return { port, covers: coversAddress(networkList([literal])) }
  if (name.startsWith('*.')) return { port, covers: (other) => other.endsWith(name.slice(1)) }
  const domain = name.replace(/^\./, '')
  return { port, covers: (other) => domain !== '' && isWithin(other, domain) }
}

function coversAddress(list: BlockList): (host: string) => boolean {
  return (host) => isIP(host) !== 0 && holds(list, host)
}

/** Numbers that a URL would read as an IPv4 address, such as `127.1`. */
function addressOf(name: string): string | undefined {
  if (!/^[\da-fx.]+$/.test(name)) return undefined
  const host = URL.parse(`http://${name}`)?.hostname ?? ''
  return isIP(host) === 4 ? host : undefined
}

function withoutPort(text: string): { host: string; port: number | undefined } {
  const [, bracketed, bracketedPort] = /^(\[[^\]]*\](?:\/\d+)?)(?::(\d+))?$/.exec(text) ?? []
  if (bracketed !== undefined) return { host: bracketed.replace(/[[\]]/g, ''), port: numberOf(bracketedPort) }
  // More than one colon is an IPv6 address without brackets, which cannot have a port.
  const [, host, port] = /^([^:]+):(\d+)$/.exec(text) ?? []
  return host === undefined ? { host: text, port: undefined } : { host, port: numberOf(port) }
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}
