import { type CallsServer, servers } from './servers.ts'

/** What a server is told. */
export type CallsOrder = { readonly say: 'start'; readonly label: string } | { readonly say: 'usage' }

/** What it answers. */
export interface CallsAnswer {
  readonly port: number
  /** Processor time of this process so far, in microseconds. */
  readonly cpuUs: number
}

let server: CallsServer | undefined

process.on('message', async (order: CallsOrder) => {
  if (order.say === 'start') server = await servers[order.label]?.()
  const { user, system } = process.cpuUsage()
  process.send?.({ port: server?.port ?? 0, cpuUs: user + system } satisfies CallsAnswer)
})
process.on('disconnect', () => process.exit(0))
