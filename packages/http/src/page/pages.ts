import { PosthouseError } from '@posthouse/core'
import type { RequestOptions } from '../client/request-options.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { parseLinks } from './links.ts'

/** Where the next page is: a URL, relative to this page, and what its request differs in. Undefined after the last. */
export type NextPage = string | URL | { readonly url?: string | URL; readonly options?: RequestOptions } | undefined

/** How pages are followed. */
export interface PageOptions extends RequestOptions {
  /** Finds the next page. Default by the header `link` with `rel="next"`. */
  readonly next?: ((response: HttpResponse) => NextPage | Promise<NextPage>) | undefined
  /** Pages that are read at most. Default 1,000; one more throws `limit_reached`. */
  readonly maxPages?: number | undefined
  /** Whether a next page may be at another origin, which then gets the headers of this request. Default false. */
  readonly crossOrigin?: boolean | undefined
}

/** How items are taken from pages. */
export interface ItemOptions<Item> extends PageOptions {
  /** The items of a page. Default its JSON, which must be a list. */
  readonly items?: ((response: HttpResponse) => readonly Item[] | Promise<readonly Item[]>) | undefined
}

/** Sends a GET, as `client.get` does. */
export type GetPage = (url: string | URL, options: RequestOptions) => Promise<HttpResponse>

/**
 * Answers page by page; the next one is asked for when the one before was dealt with.
 * @throws `bad_status` for a page from status 400 on, `redirect_refused` for one at another origin, `bad_response` for pages that go
 * in a circle, `limit_reached`
 */
export async function* pages(
  get: GetPage,
  start: string | URL,
  options: PageOptions = {},
): AsyncGenerator<HttpResponse> {
  const { next = byLink, maxPages = 1_000, crossOrigin = false, ...request } = options
  const seen = new Set<string>()
  let at: { url: string | URL; options: RequestOptions } = { url: start, options: request }
  for (let count = 1; ; count++) {
    const response = (await get(at.url, at.options)).raiseForStatus()
    yield response
    const found = await next(response)
    if (found === undefined) return
    if (count >= maxPages)
      throw new PosthouseError('limit_reached', `there are more than ${maxPages} pages; see maxPages`)
    at = following(found, response, at.options)
    const key = `${at.url} ${JSON.stringify(at.options.params ?? null)} ${JSON.stringify(at.options.json ?? null)}`
    if (seen.has(key)) throw new PosthouseError('bad_response', 'the pages lead in a circle')
    seen.add(key)
    if (!crossOrigin) assertSameOrigin(String(at.url), response.url)
  }
}

/** The items of all pages, one by one. @throws as `pages`, and `bad_response` where a page has no list */
export async function* items<Item>(
  get: GetPage,
  start: string | URL,
  options: ItemOptions<Item> = {},
): AsyncGenerator<Item> {
  const { items: itemsOf = listOf<Item>, ...rest } = options
  for await (const response of pages(get, start, rest)) yield* await itemsOf(response)
}

async function listOf<Item>(response: HttpResponse): Promise<readonly Item[]> {
  const value = await response.json<readonly Item[]>()
  if (Array.isArray(value)) return value
  throw new PosthouseError('bad_response', 'the page is no list; say with the option items where its items are')
}

function byLink(response: HttpResponse): string | undefined {
  const links = parseLinks(response.headers.get('link') ?? '')
  return links.find(({ rel }) => rel.includes('next'))?.target
}

function following(
  found: Exclude<NextPage, undefined>,
  response: HttpResponse,
  before: RequestOptions,
): { url: string | URL; options: RequestOptions } {
  const isUrl = typeof found === 'string' || found instanceof URL
  const { url, options } = isUrl ? { url: found, options: undefined } : { url: found.url, options: found.options }
  const target = URL.parse(String(url ?? response.url), response.url)
  if (target === null) throw new PosthouseError('bad_response', 'the next page has no URL that can be read')
  // The URL of the next page has its query already.
  const { params: _, ...rest } = before
  return { url: target, options: { ...rest, ...options } }
}

function assertSameOrigin(next: string, here: string): void {
  const { origin } = new URL(next)
  if (origin === new URL(here).origin) return
  throw new PosthouseError(
    'redirect_refused',
    `the next page is at ${origin}, which is another origin; see crossOrigin`,
  )
}
