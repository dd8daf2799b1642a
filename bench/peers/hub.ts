import { Hub } from '@posthouse/hub'
import { announce } from './announce.ts'

const hub = new Hub({
  // Clients that only listen are asked for a sign of life only after a run.
  heartbeatIntervalMs: 600_000,
  // One sender reaches three times what a hub takes from one by default. The others have no such limit either.
  rates: { messages: false, bytes: false },
  quotas: { strangers: false },
})
const { port } = await hub.listen({ port: 0 })
announce(port)
