/** Which part of a list is wanted, in the order of its names. */
export interface SortedPageOptions {
  /** What comes behind this name. Default: from the beginning. */
  readonly after?: string
  /** At most so many. Default: all. */
  readonly limit?: number
}

/**
 * The first entries of a list in the order of UTF-16 units of their names, without sorting all the others: the list may be
 * long, and is asked for again with each page.
 */
export function sortedPage<Entry>(
  entries: Iterable<Entry>,
  nameOf: (entry: Entry) => string,
  { after, limit = Number.POSITIVE_INFINITY }: SortedPageOptions = {},
): Entry[] {
  let page: Entry[] = []
  // What is behind the last of a page that was cut cannot be on it.
  let last: string | undefined
  const byName = (a: Entry, b: Entry): number => (nameOf(a) < nameOf(b) ? -1 : 1)
  for (const entry of entries) {
    const name = nameOf(entry)
    if ((after !== undefined && name <= after) || (last !== undefined && name > last)) continue
    page.push(entry)
    // Cut now and then, so that each entry costs little on average.
    if (page.length < limit * 2 + 64) continue
    page = page.sort(byName).slice(0, limit)
    const end = page.at(-1)
    last = end === undefined ? '' : nameOf(end)
  }
  return page.sort(byName).slice(0, limit)
}
