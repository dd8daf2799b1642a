import { type ContenderName, contenders } from './contenders.ts'

/** One server in a process of its own. It says its port, and to each question the processor time it has used. */
const name = process.argv[2] as ContenderName
const port = await contenders[name]()
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuUs: user + system, rss: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit())
process.send?.({ port })
