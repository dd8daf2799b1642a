import { Socket } from 'node:net'
import { type Clock, type Logger, PosthouseError, silentLogger, systemClock } from '@posthouse/core'
import { Client } from 'undici'
import type { Connection, OpenConnection } from '../transport/connection.ts'
import { type Connector, createConnector } from './connector.ts'
import { forwarding, guardingCredentials } from './forward.ts'
import { createGuard, type Guard, type GuardOptions } from './guard.ts'
import { DnsCache, type DnsOptions } from './lookup.ts'
import { type Environment, type ProxyChoice, type ProxyRoute, type ProxyServer, proxyRoute } from './proxy.ts'
import type { TlsOptions } from './tls.ts'
import { createTunnel, proxyOrigin, type Tunnel } from './tunnel.ts'

/** How connections are made. */
export interface WireOptions {
  readonly tls?: TlsOptions | undefined
  /** Default the proxies that the environment names. */
  readonly proxy?: ProxyChoice | undefined
  /** Whether HTTP/2 is spoken with servers that offer it. Default false. */
  readonly http2?: boolean | undefined
  readonly dns?: DnsOptions | undefined
  /** Keeps requests away from where they must not go. Default: they may go anywhere. */
  readonly guard?: GuardOptions | undefined
}

/** What else a wire is given. */
export interface WireParts {
  /** Time for a connection, TLS and proxy included, in milliseconds. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** What undici is to do with a connection once it is there. */
  readonly client?: Omit<Client.Options, 'connect' | 'allowH2'>
  /** Where `HTTP_PROXY` and the like are looked up. Default that of the process. */
  readonly env?: Environment
  readonly logger?: Logger
  readonly clock?: Clock
}

/** A server takes so many requests at once over one HTTP/2 connection, unless it says otherwise. */
const http2Streams = 100

interface Way {
  readonly connect: Connector
  readonly tunnel: Tunnel
}

/** Makes connections to servers: straight or through proxies, guarded, encrypted and verified as its options say. */
export class Wire implements AsyncDisposable {
  readonly #parts: WireParts
  readonly #tls: TlsOptions
  readonly #http2: boolean
  readonly #guard: Guard | undefined
  readonly #dns: DnsCache
  readonly #route: ProxyRoute
  readonly #toServer: Connector
  readonly #ways = new Map<ProxyServer, Way>()

  /** @throws PosthouseError `invalid_option` */
  constructor(options: WireOptions = {}, parts: WireParts = {}) {
    this.#parts = parts
    this.#tls = options.tls ?? {}
    this.#http2 = options.http2 === true
    this.#guard = options.guard === undefined ? undefined : createGuard(options.guard)
    this.#dns = new DnsCache(options.dns ?? {}, parts.clock ?? systemClock)
    this.#route = proxyRoute(options.proxy, parts.env)
    this.#toServer = this.#connector(this.#tls, this.#guard)
    if (this.#tls.verify === false) this.#warn()
  }

  /**
   * Makes a connection to an origin. The guard sees each address before it is connected to.
   * @throws PosthouseError `address_blocked`; `invalid_option` where the environment names a proxy that makes no sense
   */
  readonly open: OpenConnection = (origin) => {
    const url = new URL(origin)
    const proxy = this.#route(url)
    this.#guard?.checkHost(url.hostname)
    if (proxy === undefined) return this.#connection(origin, this.#toServer)
    if (this.#guard?.trustProxy === false) throw untrusted(url)
    const { connect, tunnel } = this.#ways.get(proxy) ?? this.#prepare(proxy)
    const forwards = url.protocol === 'http:' && proxy.protocol !== 'socks5:'
    const connection = forwards
      ? this.#connection(proxyOrigin(proxy), connect)
      : this.#connection(origin, tunnel.connect)
    const interceptor = forwards ? forwarding(proxy, url) : guardingCredentials
    const dispatcher = connection.dispatcher.compose(interceptor)
    return {
      dispatcher,
      get capacity() {
        return connection.capacity
      },
      destroy: (reason) => connection.destroy(reason),
    }
  }

  /** Ends what leads to proxies. Connections are ended by whoever asked for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#ways.values()].map(({ tunnel }) => tunnel.close()))
  }

  #connection(origin: string, connector: Connector): Connection {
    let capacity = 1
    let socket: unknown
    const connect: Connector = (options, callback) => {
      socket = connector(options, (...outcome) => {
        const [, connected] = outcome
        const agreed = connected !== null && 'alpnProtocol' in connected ? connected.alpnProtocol : undefined
        capacity = agreed === 'h2' ? http2Streams : 1
        callback(...outcome)
      })
    }
    const dispatcher = new Client(origin, { ...this.#parts.client, connect, allowH2: this.#http2 })
    return {
      dispatcher,
      get capacity() {
        return capacity
      },
      destroy: (reason) => {
        dispatcher.destroy(reason).catch(() => undefined)
        // undici forgets a socket that is still being connected.
        if (socket instanceof Socket) socket.destroy()
      },
    }
  }

  #prepare(proxy: ProxyServer): Way {
    // The operator chose the proxy, so the guard has no say in where it is.
    const toProxy = this.#connector(proxy.tls ?? forProxies(this.#tls), undefined, false)
    // undici takes the name for TLS from the header host, which names the server and not the proxy.
    const connect: Connector = ({ servername: _, ...options }, callback) => toProxy(options, callback)
    const tunnel = createTunnel({
      proxy,
      toProxy: connect,
      toServer: this.#toServer,
      connectTimeoutMs: this.#connectTimeoutMs,
    })
    const way = { connect, tunnel }
    this.#ways.set(proxy, way)
    return way
  }

  #connector(tls: TlsOptions, guard: Guard | undefined, http2: boolean = this.#http2): Connector {
    return createConnector({ tls, dns: this.#dns, guard, http2, connectTimeoutMs: this.#connectTimeoutMs })
  }

  get #connectTimeoutMs(): number {
    return this.#parts.connectTimeoutMs ?? 5_000
  }

  #warn(): void {
    const text = 'certificates are not verified: anyone on the way can read and change what this client sends and gets'
    const { logger = silentLogger } = this.#parts
    if (logger === silentLogger) process.emitWarning(text, { code: 'POSTHOUSE_TLS' })
    else logger.warn(text)
  }
}

function untrusted({ host }: URL): PosthouseError {
  const message = `${host} may not be reached through a proxy, which nobody guards; set guard.trustProxy, or proxy: false`
  return new PosthouseError('address_blocked', message)
}

/** The pins, the name and the client's certificate are meant for servers. */
function forProxies({ verify, ca, minVersion }: TlsOptions): TlsOptions {
  return {
    ...(verify === undefined ? {} : { verify }),
    ...(ca === undefined ? {} : { ca }),
    ...(minVersion === undefined ? {} : { minVersion }),
  }
}
