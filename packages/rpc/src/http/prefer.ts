/** The longest that a request waits for its answer, in seconds; behind that proxies give up. */
const longestSeconds = 30

/** How long a request wants to wait, in milliseconds (RFC 7240, sections 4.1 and 4.3). Nothing where it does not say. */
export function preferredWaitMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(header) ?? []
  if (seconds !== undefined) return Math.min(Number(seconds), longestSeconds) * 1000
  return /(?:^|[,;\s])respond-async(?:$|[,;\s])/i.test(header) ? 0 : undefined
}

/** How long a request waits that does not say how long, in milliseconds. */
export const usualWaitMs: number = longestSeconds * 1000
