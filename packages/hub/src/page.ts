import { type MethodBody, sortedPage } from '@posthouse/core'

/** Most entries of one page: with names of the greatest length they fit into a body. */
const mostOnPage = 200

/** Which page of a list is wanted. */
export interface PageOptions {
  /** What comes behind this name. Default: from the beginning. */
  readonly after?: string
  /** At most so many, up to 200. Default 100. */
  readonly limit?: number
}

/** A page of entries in the order of their names. */
export function pageOf<Entry>(
  entries: Iterable<Entry>,
  nameOf: (entry: Entry) => string,
  options: PageOptions,
): { readonly page: readonly Entry[]; readonly more: boolean } {
  const { after, limit } = boundsOf(options)
  const found = sortedPage(entries, nameOf, { after, limit: limit + 1 })
  return { page: found.slice(0, limit), more: found.length > limit }
}

/** Where a page begins, and how long it is at most. */
export function boundsOf({ after = '', limit = 100 }: PageOptions): Required<PageOptions> {
  return { after, limit: Math.min(Math.max(1, limit), mostOnPage) }
}

/** Which page the body of a method asks for. */
export function pageIn(wanted: MethodBody): PageOptions {
  const after = wanted.text('after')
  const limit = wanted.count('limit')
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) }
}
