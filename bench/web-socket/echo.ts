import { servers } from './servers.ts'

/** What the process of a server is asked. */
export type EchoOrder = { readonly say: 'start'; readonly label: string } | { readonly say: 'usage' }

/** What it answers. */
export interface EchoAnswer {
  readonly port: number
  readonly cpuUs: number
}

let port = 0

process.on('message', async (order: EchoOrder) => {
  if (order.say === 'start') port = (await servers[order.label]?.()) ?? 0
  const { user, system } = process.cpuUsage()
  process.send?.({ port, cpuUs: user + system } satisfies EchoAnswer)
})
process.on('disconnect', () => process.exit(0))
