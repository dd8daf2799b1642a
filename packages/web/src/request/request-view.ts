import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import { parse as parseCookies } from 'cookie'

/** Text values of a query; a name that came several times has a list. */
export type RawQuery = Readonly<Record<string, string | readonly string[] | undefined>>

/** Text values by name. */
export type RawValues = Readonly<Record<string, string | undefined>>

/** A request as it came, before any schema. */
export interface RequestView {
  readonly method: string
  /** Path and query, as sent. */
  readonly url: string
  /** The address of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly ip: string
  readonly protocol: 'http' | 'https'
  /** Host and port that the client asked for. */
  readonly host: string
  readonly params: RawValues
  readonly query: RawQuery
  readonly headers: IncomingHttpHeaders
  readonly cookies: RawValues
  readonly raw: IncomingMessage
}

/** Reads the query of a URL: names without `[]` magic, lists where a name comes again, at most 1,000 names. */
export function parseQuery(text: string): RawQuery {
  return parse(text)
}

/** Reads a Cookie header; without one there are none. */
export function readCookies(header: string | undefined): RawValues {
  return header === undefined ? {} : parseCookies(header)
}
