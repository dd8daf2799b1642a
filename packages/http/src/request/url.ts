import { PosthouseError } from '@posthouse/core'

/** What a query value may be; `undefined` and `null` leave it out, a list repeats the key. */
export type QueryValue = string | number | boolean | bigint | Date | null | undefined

/** Query parameters: a record, pairs, `URLSearchParams` or a finished query. They are added to those that the URL has. */
export type QueryInput =
  | string
  | URLSearchParams
  | readonly (readonly [string, QueryValue])[]
  | Readonly<Record<string, QueryValue | readonly QueryValue[]>>

/** What goes into `{name}` of a path; it is encoded, slashes too. */
export type PathInput = Readonly<Record<string, string | number | bigint>>

/** Where a request goes. */
export interface UrlParts {
  readonly baseUrl?: URL | undefined
  readonly path?: PathInput | undefined
  readonly params?: QueryInput | undefined
}

const absolute = /^[a-z][a-z0-9+.-]*:/i

/**
 * The URL of a request. Below a base URL a path is appended, with or without a slash before it, so that
 * `https://host/api/v1` and `/users` make `https://host/api/v1/users`; an absolute URL stands for itself.
 * @throws `invalid_request` where the result is no URL of http or https.
 */
export function requestUrl(target: string | URL, { baseUrl, path, params }: UrlParts): URL {
  const filled = typeof target === 'string' && path !== undefined ? fillPath(target, path) : target
  const url = typeof filled === 'string' ? joined(filled, baseUrl) : new URL(filled)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PosthouseError('invalid_request', `${url.protocol} is not http: or https:`)
  }
  if (params !== undefined) addQuery(url, params)
  return url
}

/** @throws `invalid_option` */
export function baseUrlOf(text: string | URL): URL {
  const url = URL.parse(String(text))
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new PosthouseError('invalid_option', 'baseUrl must be an absolute URL of http or https')
  }
  return url
}

function joined(target: string, baseUrl: URL | undefined): URL {
  if (baseUrl === undefined || absolute.test(target)) return parsed(target)
  // `//host/path` has an authority of its own.
  if (target.startsWith('//')) return parsed(baseUrl.protocol + target)
  const url = new URL(baseUrl)
  const [, path = '', query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(target) ?? []
  if (path !== '') url.pathname = `${url.pathname.replace(/\/$/, '')}/${path.replace(/^\//, '')}`
  if (query !== undefined) url.search = url.search === '' ? query : `${url.search}&${query.slice(1)}`
  if (fragment !== undefined) url.hash = fragment
  return url
}

function parsed(text: string): URL {
  const url = URL.parse(text)
  if (url !== null) return url
  const hint = absolute.test(text) ? '' : '; give an absolute one, or the client a baseUrl'
  throw new PosthouseError('invalid_request', `the request's URL cannot be read${hint}`)
}

function fillPath(template: string, values: PathInput): string {
  return template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value: unknown = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined || value === null || typeof value === 'object') {
      throw new PosthouseError('invalid_request', `path has no value for {${name}} that is a text or a number`)
    }
    const text = encodeURIComponent(String(value))
    // A dot segment would climb out of the path that was meant, and URLs take an encoded one for the same.
    if (text === '.' || text === '..') throw new PosthouseError('invalid_request', `path has ${text} for {${name}}`)
    return text
  })
}

export function addQuery(url: URL, params: QueryInput): void {
  if (typeof params === 'string' || params instanceof URLSearchParams) {
    for (const [name, value] of new URLSearchParams(params)) url.searchParams.append(name, value)
    return
  }
  const pairs = Array.isArray(params) ? params : Object.entries(params)
  for (const [name, value] of pairs) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) url.searchParams.append(name, queryText(one))
    }
  }
}

function queryText(value: Exclude<QueryValue, null | undefined>): string {
  return value instanceof Date ? value.toISOString() : String(value)
}
