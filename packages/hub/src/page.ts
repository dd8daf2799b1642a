import type { MethodBody } from './calls/method-body.ts'

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
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
  { after = '', limit = 100 }: PageOptions,
): { readonly page: readonly Entry[]; readonly more: boolean } {
  const behind = entries.filter((entry) => nameOf(entry) > after)
  behind.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const most = Math.min(Math.max(1, limit), mostOnPage)
  return { page: behind.slice(0, most), more: behind.length > most }
}

/** Which page the body of a method asks for. */
export function pageIn(wanted: MethodBody): PageOptions {
  const after = wanted.text('after')
  const limit = wanted.count('limit')
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) }
}
