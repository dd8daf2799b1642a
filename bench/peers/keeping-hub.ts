import { Hub } from '@posthouse/hub'
import { announce } from './announce.ts'

const hub = new Hub({
  heartbeatIntervalMs: 600_000,
  rates: { messages: false, bytes: false },
  quotas: { strangers: false },
  // As many as are in flight with the other servers.
  limits: { inFlight: 512 },
  maxClients: 200_000,
})
const [, , wanted] = process.argv.slice(2)
const { port } = await hub.listen({ port: Number(wanted ?? 0) })
announce(port)
