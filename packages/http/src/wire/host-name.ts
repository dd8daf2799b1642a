import { isIP } from 'node:net'

/** The host of a URL as names and addresses are compared: lower case, without brackets and without the root's dot. */
export function plainHost(host: string): string {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name.length > 1 && name.endsWith('.') && isIP(name) === 0 ? name.slice(0, -1) : name
}

/** True where `name` is `domain` or lies below it. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`)
}
