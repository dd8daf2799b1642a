import { Hub } from '@posthouse/hub'
import { announce } from './announce.ts'

const hub = new Hub({
  heartbeatIntervalMs: 600_000,
  rates: { messages: false, bytes: false },
  quotas: { strangers: false },
  // As many as are in flight with the other servers.
  limits: { inFlight: 512 },
})
const { port } = await hub.listen({ port: 0 })
announce(port)
