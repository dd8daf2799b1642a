import type { Dependency } from '../dependencies/depends.ts'
import { problem } from '../problem/problem.ts'
import type { RequestView } from '../request/request-view.ts'
import { authorization, type Check, credentials } from './credentials.ts'

/** Where a key is shown. */
export interface ApiKeyOptions {
  /** Queries end up in logs; prefer a header. */
  readonly in: 'header' | 'query' | 'cookie'
  readonly name: string
  /** The name of the scheme in the documents. Default: `apiKey`. */
  readonly scheme?: string
}

/** A dependency on who shows a key in a header, a query or a cookie. */
export function apiKey<User>(options: ApiKeyOptions, check: Check<[key: string], User>): Dependency<User> {
  const { in: place, name, scheme = 'apiKey' } = options
  const describe = { type: 'apiKey', in: place, name }
  const find = (request: RequestView): [string] | undefined => {
    const key = keyOf(request, options)
    if (Array.isArray(key)) throw problem(400, `${name} comes more than once`)
    return typeof key === 'string' && key !== '' ? [key] : undefined
  }
  return credentials({ scheme: { name: scheme, describe }, challenge: 'ApiKey', find }, check)
}

function keyOf({ headers, query, cookies }: RequestView, { in: place, name }: ApiKeyOptions): unknown {
  if (place === 'header') return headers[name.toLowerCase()]
  return place === 'query' ? query[name] : cookies[name]
}

/** How user name and password are asked for. */
export interface BasicOptions {
  /** What a browser shows. Default: `app`. */
  readonly realm?: string
  /** The name of the scheme in the documents. Default: `basic`. */
  readonly name?: string
}

/** A dependency on who shows a user name and a password (RFC 7617). */
export function basic<User>(
  check: Check<[username: string, password: string], User>,
  { realm = 'app', name = 'basic' }: BasicOptions = {},
): Dependency<User> {
  const describe = { type: 'http', scheme: 'basic' }
  const challenge = `Basic realm="${realm.replaceAll(/["\\]/g, '\\$&')}", charset="UTF-8"`
  return credentials({ scheme: { name, describe }, challenge, find: findPair }, check)
}

function findPair(request: RequestView): [string, string] | undefined {
  const encoded = authorization(request, 'basic')
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon === -1 ? undefined : [pair.slice(0, colon), pair.slice(colon + 1)]
}
