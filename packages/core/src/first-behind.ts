/** The index of the first entry behind a position, in a list in the order of positions of which the first `from` do not count. */
export function firstBehind(entries: readonly { readonly seq: number }[], seq: number, from = 0): number {
  let low = from
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle]?.seq ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low
}
