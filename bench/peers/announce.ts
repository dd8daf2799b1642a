/** What a server process has used so far. */
export interface Usage {
  readonly cpuUs: number
  readonly rssBytes: number
  /** By a clock that a server shares with the one that follows it when it was killed. */
  readonly atMs: number
}

/** Tells the parent where this server listens, and how much it has used whenever it asks. Ends with the parent. */
export function announce(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const atMs = performance.timeOrigin + performance.now()
    const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss(), atMs }
    process.send?.(usage)
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}
