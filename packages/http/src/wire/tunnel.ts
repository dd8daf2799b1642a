import type { Socket } from 'node:net'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { Pool } from 'undici'
import type { Connector } from './connector.ts'
import { type ProxyServer, proxyHeaders } from './proxy.ts'
import { openSocks } from './socks.ts'

/** A way through a proxy. */
export interface Tunnel {
  /** Opens connections to servers through the proxy. */
  readonly connect: Connector
  close(): Promise<void>
}

/** What a tunnel needs. */
export interface TunnelOptions {
  readonly proxy: ProxyServer
  /** Opens connections to the proxy. */
  readonly toProxy: Connector
  /** Adds TLS to what leads to the server. */
  readonly toServer: Connector
  readonly connectTimeoutMs: number
}

type Target = Parameters<Connector>[0]

/** Leads to any server by `CONNECT` (RFC 9110, section 9.3.6) or SOCKS 5. What fails at the proxy is `proxy_failed`. */
export function createTunnel(options: TunnelOptions): Tunnel {
  const way = options.proxy.protocol === 'socks5:' ? socksWay(options) : connectWay(options)
  const connect: Connector = (target, callback) => {
    way.open(target).then(
      (socket) => {
        if (target.protocol !== 'https:') return callback(null, socket)
        options.toServer({ ...target, httpSocket: socket }, callback)
      },
      (error: Error) => callback(error, null),
    )
  }
  return { connect, close: way.close }
}

interface Way {
  open(target: Target): Promise<Socket>
  close(): Promise<void>
}

function connectWay({ proxy, toProxy, connectTimeoutMs }: TunnelOptions): Way {
  const origin = proxyOrigin(proxy)
  const pool = new Pool(origin, { connect: toProxy, allowH2: false, headersTimeout: connectTimeoutMs })
  return {
    close: () => pool.destroy(),
    open: async (target) => {
      const path = authorityOf(target)
      const headers = { ...proxyHeaders(proxy), host: path }
      const signal = AbortSignal.timeout(connectTimeoutMs)
      const answer = await pool.connect({ path, headers, signal }).catch((error: unknown) => {
        throw proxyFailed(proxy, reasonOf(error), error)
      })
      if (answer.statusCode === 200) return answer.socket as Socket
      answer.socket.on('error', () => undefined).destroy()
      throw proxyFailed(proxy, refusal(answer.statusCode, path))
    },
  }
}

function socksWay({ proxy, toProxy, connectTimeoutMs }: TunnelOptions): Way {
  const open = async (target: Target): Promise<Socket> => {
    const socket = await connectTo(proxy, toProxy)
    try {
      const { hostname, port } = serverOf(target)
      await openSocks(socket, { hostname, port, credentials: proxy, timeoutMs: connectTimeoutMs })
      return socket
    } catch (error) {
      socket.destroy()
      throw proxyFailed(proxy, reasonOf(error), error)
    }
  }
  return { open, close: async () => undefined }
}

async function connectTo(proxy: ProxyServer, toProxy: Connector): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  toProxy({ hostname: proxy.hostname, port: String(proxy.port), protocol: 'http:' }, (error, socket) => {
    if (error === null) resolve(socket as Socket)
    else reject(proxyFailed(proxy, reasonOf(error), error))
  })
  return promise
}

/** What undici knows a proxy by. */
export function proxyOrigin({ protocol, hostname, port }: ProxyServer): string {
  return `${protocol}//${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

function serverOf({ hostname, port, protocol }: Target): { hostname: string; port: number } {
  return { hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) }
}

function authorityOf(target: Target): string {
  const { hostname, port } = serverOf(target)
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

/** Why a proxy did not do what it was asked, by the status that it answered with. */
export function refusal(status: number, target: string): string {
  if (status === 407) return 'it wants a name and a password, or others than these (407)'
  return `it does not lead to ${target} (${status})`
}

/** The error of a proxy. It names neither its password nor its user. */
export function proxyFailed(proxy: ProxyServer, why: string, cause?: unknown): PosthouseError {
  return new PosthouseError('proxy_failed', `the proxy ${proxyOrigin(proxy)} failed: ${why}`, { cause })
}
