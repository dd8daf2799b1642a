import { isIP } from 'node:net'

/** Which pages may connect: any, or besides those of the same host and of this computer those of these origins. */
export type Origins = 'any' | readonly string[]

/**
 * Whether a page of this origin may use this server: those of the same host may, on a loopback address those of this computer,
 * and those that are listed. Programs that are no browsers send no origin.
 */
export function isOriginAllowed(origin: string | undefined, host: string | undefined, origins?: Origins): boolean {
  if (origin === undefined || origins === 'any') return true
  if (origins?.includes(origin)) return true
  const page = URL.parse(origin)
  const here = URL.parse(`http://${host ?? ''}`)
  if (page === null || here === null) return false
  return page.host === here.host || (isLocal(page.hostname) && isLocal(here.hostname))
}

function isLocal(hostname: string): boolean {
  const name = hostname.replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}
