import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { buildConnector } from 'undici'
import type { Guard } from './guard.ts'
import { type DnsCache, guardedLookup } from './lookup.ts'
import { isCertificateError, pinProblem, type TlsOptions, tlsSettings } from './tls.ts'

/** Opens connections for undici. */
export type Connector = buildConnector.connector

/** What a connector needs. */
export interface ConnectorOptions {
  readonly tls: TlsOptions
  readonly dns: DnsCache
  /** Undefined where everything may be reached. */
  readonly guard: Guard | undefined
  readonly http2: boolean
  readonly connectTimeoutMs: number
}

/**
 * Opens connections to servers: judged addresses, verified certificates, pinned keys. With a `httpSocket` it adds TLS to a tunnel.
 * It fails with `address_blocked`, `tls_failed` or what Node and undici say of a connection that does not come about.
 * @throws PosthouseError `invalid_option`
 */
export function createConnector({ tls, dns, guard, http2, connectTimeoutMs }: ConnectorOptions): Connector {
  const pins = tls.pins ?? []
  const connect = buildConnector({
    ...tlsSettings(tls),
    allowH2: http2,
    timeout: connectTimeoutMs,
    lookup: guardedLookup(dns, guard),
  })
  return (options, callback) => {
    const { hostname } = options
    const isLiteral = isIP(hostname) !== 0
    try {
      // Sockets look up names only, so a literal address would pass unseen.
      if (options.httpSocket === undefined) guard?.checkHost(hostname)
    } catch (error) {
      return callback(error as Error, null)
    }
    // The socket that is being connected, so that whoever gives up can end it; undici's type does not tell of it.
    return connect(options, (error, socket) => {
      if (error !== null) {
        if (!isLiteral) dns.forget(hostname)
        return callback(asRefusal(error, hostname), null)
      }
      const problem = socket instanceof TLSSocket ? pinProblem(socket, pins) : undefined
      if (problem === undefined) return callback(null, socket as Socket)
      socket?.destroy()
      callback(problem, null)
    })
  }
}

function asRefusal(error: Error, hostname: string): Error {
  if (!isCertificateError(error)) return error
  const message = `the certificate of ${hostname} is not accepted: ${reasonOf(error)}`
  return new PosthouseError('tls_failed', message, { cause: error })
}
