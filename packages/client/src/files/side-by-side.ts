/** Runs `task` for each item, so many at a time; after the first failure begins no more, and throws it when all have ended. */
export async function sideBySide<Item>(
  items: readonly Item[],
  parallel: number,
  task: (item: Item, index: number) => Promise<unknown>,
): Promise<void> {
  const left = items.entries()
  const failures: unknown[] = []
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (failures.length > 0) return
      try {
        await task(item, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, lane))
  if (failures.length > 0) throw failures[0]
}
