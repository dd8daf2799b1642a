import { PosthouseError } from '@posthouse/core'
import {
  byLink,
  checkItemOptions,
  checkPageOptions,
  listOf,
  type NextPage,
  type PageOptions,
  PageWalk,
} from '../page/pages.ts'
import type { SyncRequestOptions } from './sync-options.ts'
import type { SyncHttpResponse } from './sync-response.ts'

/** How pages are followed without waiting for promises. */
export interface SyncPageOptions extends Omit<PageOptions, 'signal' | 'next'> {
  /** Finds the next page. Default by the header `link` with `rel="next"`. */
  readonly next?: ((response: SyncHttpResponse) => NextPage) | undefined
}

/** How items are taken from pages. */
export interface SyncItemOptions<Item> extends SyncPageOptions {
  /** The items of a page. Default its JSON, which must be a list. */
  readonly items?: ((response: SyncHttpResponse) => readonly Item[]) | undefined
}

type GetPage = (url: string | URL, options: SyncRequestOptions) => SyncHttpResponse

/** Answers page by page. @throws as `pages` of the asynchronous client */
export function syncPages(get: GetPage, start: string | URL, options: SyncPageOptions): Generator<SyncHttpResponse> {
  checkPageOptions(options)
  return followed(get, start, options)
}

function* followed(get: GetPage, start: string | URL, options: SyncPageOptions): Generator<SyncHttpResponse> {
  const { next = byLink, ...rest } = options
  const walk = new PageWalk(start, rest)
  for (;;) {
    const response = get(walk.at.url, walk.at.options).raiseForStatus()
    yield response
    if (!walk.follow(atOnce('next', next(response)), response)) return
  }
}

/** The items of all pages, one by one. @throws as `items` of the asynchronous client */
export function syncItems<Item>(get: GetPage, start: string | URL, options: SyncItemOptions<Item>): Generator<Item> {
  checkItemOptions(options)
  return taken(get, start, options)
}

function* taken<Item>(get: GetPage, start: string | URL, options: SyncItemOptions<Item>): Generator<Item> {
  const { items: itemsOf, ...rest } = options
  for (const response of followed(get, start, rest)) {
    yield* listOf<Item>(itemsOf === undefined ? response.json() : atOnce('items', itemsOf(response)))
  }
}

function atOnce<Value>(name: string, value: Value): Value {
  if (!(value instanceof Promise)) return value
  value.catch(() => undefined)
  throw new PosthouseError('invalid_option', `${name} returned a promise, for which the synchronous client cannot wait`)
}
