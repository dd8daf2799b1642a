import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Clock, type Logger, PosthouseError } from '@posthouse/core'
import { aFlag, aText, checkOptions, type Rules, wholeFrom } from '@posthouse/core/options'
import { readTls, renewTls, type TlsOptions, tlsRule } from './tls.ts'

/** Where a hub listens. */
export interface ListenOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0 chooses a free port. Default 9898. */
  readonly port?: number
  /** Allows an address that other computers can reach, although nobody is asked who they are. Default false. */
  readonly insecure?: boolean
  /**
   * Has the hub speak TLS, with certificate and key from these files. They are read again when they change. Default: it
   * does not.
   */
  readonly tls?: TlsOptions
}

/** A hub that is to speak TLS must not listen without it because of a typing error. */
const rules: Rules<ListenOptions> = { host: aText, port: wholeFrom(0), insecure: aFlag, tls: tlsRule }

/** A hub's own HTTP server. */
export interface Listening {
  readonly host: string
  readonly port: number
  /** What clients connect to from this computer. */
  readonly url: string
}

/** A server that was opened, for its owner. */
export interface OpenServer extends Listening {
  readonly server: Server
  /** Reads the certificates again now, as is done when they change. What cannot be used is logged, and the old ones stay. */
  readonly renew: () => void
}

/** Who opens a connection and then says nothing must not hold it for long. In milliseconds. */
const patience = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 5000 }
/** How long a whole request may take is then for those who answer it: an upload takes what it takes. */
const httpPatience = { ...patience, requestTimeout: 0, keepAliveTimeout: 72_000 }

/** Handles the upgrade requests of a server. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The documented port of cross_comm servers. */
export const defaultPort = 9898

/** What a server works with. */
export interface ServerParts {
  /** Clients must say who they are. */
  readonly guarded: boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly onUpgrade: UpgradeHandler
  /** Answers all other requests, and sees to it that none takes too long. Default: they are told to upgrade. */
  readonly onRequest?: RequestListener
  /** Says of a request that asks to upgrade whether it may; otherwise it is one of the others. Default: it may. */
  readonly isUpgrade?: (request: IncomingMessage) => boolean
}

/**
 * Opens an HTTP server, with TLS where there are certificates, which are read again when they change. It is not opened to other
 * computers where nobody is asked who they are, unless `insecure` says so.
 * @throws PosthouseError `insecure_bind`, `port_in_use`, `cannot_listen`, `tls_file`, `invalid_option`
 */
export async function openServer(options: ListenOptions, parts: ServerParts): Promise<OpenServer> {
  checkOptions('listen', options, rules)
  const { host = '127.0.0.1', port = defaultPort, tls } = options
  assertSafe(host, options, parts)
  const { onRequest = answerPlainRequest, isUpgrade = () => true } = parts
  const settings = {
    ...(parts.onRequest === undefined ? patience : httpPatience),
    shouldUpgradeCallback: isUpgrade,
  }
  const secure = tls && createTlsServer({ ...settings, handshakeTimeout: 10_000, ...readTls(tls, parts) }, onRequest)
  const server: Server = secure ?? createServer(settings, onRequest)
  server.on('upgrade', parts.onUpgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, host, port)))
    server.listen(port, host, resolve)
  })
  // Accepting can fail, where all file descriptors are in use. Without a listener, that would end the process.
  server.on('error', (error) => parts.logger.error('a connection could not be accepted', { reason: error.message }))
  const renew = tls && secure ? renewTls(secure, tls, parts) : () => undefined
  const address = server.address()
  const actual = typeof address === 'object' && address ? address.port : port
  return { server, renew, host, port: actual, url: `${tls ? 'wss' : 'ws'}://${urlHost(host)}:${actual}` }
}

function assertSafe(host: string, { insecure = false, tls }: ListenOptions, { guarded, logger }: ServerParts): void {
  if (isLoopback(host)) return
  if (!guarded && !insecure) {
    const message = `${host} can be reached by other computers, and this hub asks nobody who they are`
    throw new PosthouseError('insecure_bind', message)
  }
  if (!guarded) logger.warn('whoever reaches this address can log in under any id and read along', { host })
  else if (tls === undefined) logger.warn('tokens and messages are not encrypted on their way', { host })
}

/** True for names and addresses that only this computer can reach. */
export function isLoopback(host: string): boolean {
  // A dual-stack socket reports IPv4 addresses in their mapped form (RFC 4291, section 2.5.5.2).
  const address = host.replace(/^::ffff:/i, '')
  return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  // One answer for each connection: requests one behind the other would not be held to any rate.
  const connection = 'Upgrade, close'
  response.writeHead(426, { 'content-type': 'text/plain; charset=utf-8', connection, upgrade: 'websocket' })
  response.end('This is a Posthouse hub. Connect with a WebSocket client.\n')
}

function listenError(cause: Error, host: string, port: number): PosthouseError {
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') return new PosthouseError('port_in_use', `port ${port} on ${host} is in use`, { cause })
  if (code === 'EACCES')
    return new PosthouseError('cannot_listen', `port ${port} needs more rights than this program has`, { cause })
  return new PosthouseError('cannot_listen', `cannot listen on ${host}:${port}: ${cause.message}`, { cause })
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return isIP(host) === 6 ? `[${host}]` : host
}
