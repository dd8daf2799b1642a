/** What a server process has used so far. */
export interface Usage {
  readonly cpuUs: number
  readonly rssBytes: number
  readonly atMs: number
}

/** Tells the parent where this server listens, and how much it has used whenever it asks. Ends with the parent. */
export function announce(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss(), atMs: performance.now() }
    process.send?.(usage)
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}
