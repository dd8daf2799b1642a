import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLoopback } from '@posthouse/hub'

/** The whole of it: what else a URL may have before its host must not be taken for one. */
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i

/** True for a `Host` that only this computer answers to, with or without a port. */
export function isLocalHost(host: string): boolean {
  return localHost.test(host)
}

/**
 * Whether a request names a host that a loopback address does not have. A page of elsewhere can make its own name point here,
 * and then a browser lets it read the answers.
 */
export function reboundCheck(allowedOrigins: readonly string[]): (request: IncomingMessage) => boolean {
  // Nearly every request names the host that the one before has named.
  let last = { address: '', host: '', rebound: true }
  return ({ headers: { host = '' }, socket: { localAddress: address = '127.0.0.1' } }) => {
    if (host === last.host && address === last.address) return last.rebound
    last = { address, host, rebound: isRebound(address, host, allowedOrigins) }
    return last.rebound
  }
}

function isRebound(address: string, host: string, allowedOrigins: readonly string[]): boolean {
  if (!isLoopback(address)) return false
  if (isLocalHost(host) || allowedOrigins.includes('*')) return false
  return !allowedOrigins.some((origin) => URL.canParse(origin) && new URL(origin).host === host.toLowerCase())
}

/** Says what to do about it. */
export function refuseRebound(response: ServerResponse): void {
  const detail = 'This node has no authentication, and not this host name: use localhost, or allow its origin'
  const body = { type: 'about:blank', title: 'Forbidden', status: 403, detail, code: 'forbidden' }
  // Whatever body the request has is not read.
  response.writeHead(403, { 'content-type': 'application/problem+json', connection: 'close' })
  response.end(JSON.stringify(body))
}
