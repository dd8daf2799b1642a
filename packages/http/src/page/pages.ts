import { PosthouseError } from '@posthouse/core'
import { aFlag, aFunction, checkOptions, type Rules, wholeFrom } from '@posthouse/core/options'
import { bodyRules, requestRules } from '../client/check-options.ts'
import type { RequestOptions } from '../client/request-options.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { askedUrl, type ResponseHead } from '../response/response-head.ts'
import { parseLinks } from './links.ts'

/** Where the next page is: a URL, relative to this page, and what its request differs in. Nothing after the last. */
export type NextPage =
  | string
  | URL
  | { readonly url?: string | URL; readonly options?: RequestOptions }
  | null
  | undefined

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

const pageRules: Rules<PageOptions> = {
  ...requestRules,
  ...bodyRules,
  next: aFunction,
  maxPages: wholeFrom(1),
  crossOrigin: aFlag,
}
const itemRules: Rules<ItemOptions<never>> = { ...pageRules, items: aFunction }

/** Sends a GET, as `client.get` does. */
export type GetPage = (url: string | URL, options: RequestOptions) => Promise<HttpResponse>

/** Where a page is asked for, and with what. */
export interface PageRequest {
  readonly url: string | URL
  readonly options: RequestOptions
}

/** What both kinds of response have that pages are found by. */
type Page = Pick<ResponseHead, 'url' | 'headers' | 'redirects'>

/** A way from page to page, which has an end, and leads neither in circles nor to strangers. */
export class PageWalk {
  readonly #seen = new Set<string>()
  readonly #most: number
  readonly #crossOrigin: boolean
  #count = 1
  at: PageRequest

  constructor(start: string | URL, { maxPages = 1_000, crossOrigin = false, next: _, ...options }: PageOptions) {
    this.#most = maxPages
    this.#crossOrigin = crossOrigin
    this.at = { url: start, options }
  }

  /** Goes on to the page that was found in this one; false where that was the last. */
  follow(found: NextPage, page: Page): boolean {
    if (found === undefined || found === null) return false
    if (this.#count++ >= this.#most)
      throw new PosthouseError('limit_reached', `there are more than ${this.#most} pages; see maxPages`)
    this.at = following(found, page, this.at.options)
    const { url, options } = this.at
    const key = `${url} ${JSON.stringify(options.params ?? null)} ${JSON.stringify(options.json ?? null)}`
    if (this.#seen.has(key)) throw new PosthouseError('bad_response', 'the pages lead in a circle')
    this.#seen.add(key)
    if (!this.#crossOrigin) assertSameOrigin(String(url), askedUrl(page))
    return true
  }
}

/**
 * Answers page by page; the next one is asked for when the one before was dealt with.
 * @throws `bad_status` for a page from status 400 on, `redirect_refused` for one at another origin, `bad_response` for pages that go
 * in a circle, `limit_reached`, `invalid_option`
 */
export function pages(get: GetPage, start: string | URL, options: PageOptions = {}): AsyncGenerator<HttpResponse> {
  checkPageOptions(options)
  return followed(get, start, options)
}

async function* followed(get: GetPage, start: string | URL, options: PageOptions): AsyncGenerator<HttpResponse> {
  const { next = byLink } = options
  const walk = new PageWalk(start, options)
  for (;;) {
    const response = (await get(walk.at.url, walk.at.options)).raiseForStatus()
    yield response
    if (!walk.follow(await next(response), response)) return
  }
}

/** The items of all pages, one by one. @throws as `pages`, and `bad_response` where a page has no list */
export function items<Item>(get: GetPage, start: string | URL, options: ItemOptions<Item> = {}): AsyncGenerator<Item> {
  checkItemOptions(options)
  return taken(get, start, options)
}

async function* taken<Item>(get: GetPage, start: string | URL, options: ItemOptions<Item>): AsyncGenerator<Item> {
  const { items: itemsOf, ...rest } = options
  for await (const response of followed(get, start, rest)) {
    yield* listOf<Item>(itemsOf === undefined ? await response.json() : await itemsOf(response))
  }
}

/** @throws `invalid_option` */
export function checkPageOptions(options: object): void {
  checkOptions<PageOptions>('pages', options, pageRules)
}

/** @throws `invalid_option` */
export function checkItemOptions(options: object): void {
  checkOptions<ItemOptions<never>>('items', options, itemRules)
}

/** What is given of a page, if it is a list. @throws `bad_response` */
export function listOf<Item>(value: unknown): readonly Item[] {
  if (Array.isArray(value)) return value
  throw new PosthouseError('bad_response', 'the page is no list; say with the option items where its items are')
}

/** The page that the header `link` names with `rel="next"`. */
export function byLink({ headers }: Pick<Page, 'headers'>): string | undefined {
  const links = parseLinks(headers.get('link') ?? '')
  return links.find(({ rel }) => rel.includes('next'))?.target
}

function following(found: NonNullable<NextPage>, page: Page, before: RequestOptions): PageRequest {
  const isUrl = typeof found === 'string' || found instanceof URL
  const { url, options } = isUrl ? { url: found, options: undefined } : { url: found.url, options: found.options }
  const target = URL.parse(String(url ?? page.url), page.url)
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
