import { PosthouseError } from '@posthouse/core'
import { anObject, aText, either, listOf, oneOf, optionsOf, type Rule, secretly } from '@posthouse/core/options'
import { type Bypass, readNoProxy } from './no-proxy.ts'
import { type TlsOptions, tlsRule } from './tls.ts'

/** A proxy of one's own choice. */
export interface ProxyOptions {
  /** `http:`, `https:`, `socks5:` or `socks5h:`; `host:port` means `http:`. Name and password may stand in it. */
  readonly url: string | URL
  /** Headers for the proxy only, such as `proxy-authorization` with a bearer token. */
  readonly headers?: Readonly<Record<string, string>>
  /** What goes past the proxy, in the notation of `NO_PROXY`. Default nothing. */
  readonly noProxy?: string | readonly string[]
  /** How the certificate of an `https:` proxy is judged. Default as every other certificate, without client certificate. */
  readonly tls?: TlsOptions
}

/** How requests leave: through the proxies that the environment names, through one proxy, or straight. */
export type ProxyChoice = 'environment' | string | URL | ProxyOptions | false

const aUrl: Rule = { words: 'a URL', holds: (value) => typeof value === 'string' || value instanceof URL }

/** It may have a password in it. */
export const proxyRule: Rule = secretly(
  either(
    oneOf('environment', false),
    aUrl,
    optionsOf<ProxyOptions>(
      { url: secretly(aUrl), headers: anObject, noProxy: either(aText, listOf('texts', aText)), tls: tlsRule },
      'url',
    ),
  ),
)

/** One proxy as a connection needs it. */
export interface ProxyServer {
  readonly protocol: 'http:' | 'https:' | 'socks5:'
  readonly hostname: string
  readonly port: number
  readonly username: string
  readonly password: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions | undefined
}

/** Says which proxy a URL goes through; undefined for none. @throws PosthouseError `invalid_option` */
export type ProxyRoute = (url: URL) => ProxyServer | undefined

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

const none: ProxyRoute = () => undefined

/** @throws PosthouseError `invalid_option` for a proxy that was given and cannot be used; the environment is judged later */
export function proxyRoute(choice: ProxyChoice = 'environment', env: Environment = process.env): ProxyRoute {
  if (choice === false) return none
  if (choice === 'environment') return environmentRoute(env)
  const options = typeof choice === 'string' || choice instanceof URL ? { url: choice } : choice
  const proxy = readProxy(String(options.url), 'proxy', options)
  const bypass = readNoProxy([options.noProxy ?? []].flat().join(','))
  return (url) => (bypass(url) ? undefined : proxy)
}

/**
 * Lower case wins over upper case. A variable that makes no sense fails the requests that would use it: to go past a proxy
 * that somebody asked for could show what must not be shown.
 */
function environmentRoute(env: Environment): ProxyRoute {
  const http = fromEnvironment(env, 'http_proxy') ?? fromEnvironment(env, 'all_proxy')
  const https = fromEnvironment(env, 'https_proxy') ?? fromEnvironment(env, 'all_proxy')
  if (http === undefined && https === undefined) return none
  const bypass: Bypass = readNoProxy(env.no_proxy ?? env.NO_PROXY ?? '')
  return (url) => (bypass(url) ? undefined : url.protocol === 'https:' ? https?.() : http?.())
}

function fromEnvironment(env: Environment, name: string): (() => ProxyServer) | undefined {
  const upper = name.toUpperCase()
  // A web server hands the header `Proxy` of a stranger to CGI programs under this name.
  const trusted = name !== 'http_proxy' || env.REQUEST_METHOD === undefined
  const used = env[name] === undefined && trusted ? upper : name
  const value = env[used]?.trim()
  if (value === undefined || value === '') return undefined
  let proxy: ProxyServer | undefined
  return () => {
    proxy ??= readProxy(value, used, {})
    return proxy
  }
}

const defaultPorts = { 'http:': 80, 'https:': 443, 'socks5:': 1080 } as const

/** What stands before `://` in a proxy's URL, and what it means. */
const schemes: Readonly<Record<string, ProxyServer['protocol']>> = {
  'http:': 'http:',
  'https:': 'https:',
  // The name is resolved by the proxy in either case.
  'socks5:': 'socks5:',
  'socks5h:': 'socks5:',
  'socks:': 'socks5:',
}

function readProxy(text: string, source: string, options: Partial<ProxyOptions>): ProxyServer {
  // The text may hold a password, so the message does not show it.
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || url.hostname === '')
    throw invalid(source, 'not the URL of a proxy, like http://proxy.example:3128')
  const protocol = schemes[url.protocol]
  if (protocol === undefined) throw invalid(source, `not a kind of proxy that is known: ${url.protocol}`)
  return {
    protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || defaultPorts[protocol],
    username: decoded(url.username, source),
    password: decoded(url.password, source),
    headers: options.headers ?? {},
    tls: options.tls,
  }
}

function decoded(text: string, source: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid(source, 'not readable: name or password are not encoded as in a URL')
  }
}

function invalid(source: string, why: string): PosthouseError {
  return new PosthouseError('invalid_option', `${source}: it is ${why}`)
}

/** The headers that only the proxy may see. */
export function proxyHeaders({ headers, username, password }: ProxyServer): Record<string, string> {
  if (username === '' && password === '') return { ...headers }
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  return { 'proxy-authorization': `Basic ${credentials}`, ...headers }
}
