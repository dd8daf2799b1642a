/** How long what is under way may stand still before it counts as lost, in milliseconds. */
const patienceMs = 2000

/** Waits until nothing is missing any more, or nothing has come for a while; returns what is missing then. */
export async function settle(missing: () => number): Promise<number> {
  let least = missing()
  let since = performance.now()
  while (least > 0 && performance.now() - since < patienceMs) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = missing()
    if (now < least) since = performance.now()
    least = Math.min(least, now)
  }
  return least
}

/** The first few of many errors. */
export function someOf(errors: readonly (string | undefined)[]): readonly string[] {
  const real = errors.filter((error) => error !== undefined)
  return real.length > 3 ? [...real.slice(0, 3), `and ${real.length - 3} more`] : real
}
