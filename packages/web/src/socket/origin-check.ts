import { isIP } from 'node:net'
import { PosthouseError } from '@posthouse/core'
import { problem } from '../problem/problem.ts'
import type { RequestView } from '../request/request-view.ts'

const localHosts: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @throws Problem 403 where the page that opens a WebSocket may not */
export type OriginCheck = (request: RequestView) => void

/**
 * Which pages may open WebSockets: those of the same host, and those of `allowed` origins, such as `https://app.example`, or
 * `*` for all. Programs send no Origin and are let through; who they are is for dependencies to find out.
 * @throws PosthouseError `invalid_option`
 */
export function originCheck(allowed: readonly string[]): OriginCheck {
  for (const origin of allowed) assertOrigin(origin)
  const names = new Set(allowed)
  return (request) => {
    const { origin } = request.headers
    if (origin === undefined || names.has(origin) || names.has('*') || sameHost(origin, request)) return
    const shown = JSON.stringify(origin.slice(0, 200))
    throw problem(403, `Pages of ${shown} may not open this WebSocket`, { code: 'origin_refused' })
  }
}

/**
 * A foreign name can be made to point to a loopback address, so there it proves nothing that the Origin is our own host,
 * unless it was reached by https: then a proxy on this computer has answered for that name with its certificate.
 */
function sameHost(origin: string, request: RequestView): boolean {
  if (!URL.canParse(origin)) return false
  const { host, hostname, protocol } = new URL(origin)
  const loopback = isLoopback(request.raw.socket.localAddress)
  if (loopback && localHosts.has(hostname)) return true
  return host === request.host.toLowerCase() && (!loopback || protocol === 'https:')
}

function isLoopback(address: string | undefined): boolean {
  const plain = (address ?? '127.0.0.1').replace(/^::ffff:/i, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

function assertOrigin(origin: string): void {
  if (origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin)) return
  throw new PosthouseError('invalid_option', `An origin is written https://host or https://host:port, not ${origin}`)
}
