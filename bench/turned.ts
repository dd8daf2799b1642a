/** Each round begins with another, so that none is always first. */
export function turned<Item>(items: readonly Item[], round: number): readonly Item[] {
  const at = round % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
