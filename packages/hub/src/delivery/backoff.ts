const firstMs = 1000
const longestMs = 300_000

/** How long a message waits that was given back at its `attempt`, in milliseconds. `random` is from 0 to 1. Spec: 4.5.1. */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(full * (1 - random / 2))
}
