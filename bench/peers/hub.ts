import { Hub } from '@posthouse/hub'
import { announce } from './announce.ts'

// Clients that only listen are asked for a sign of life only after a run.
const hub = new Hub({ heartbeatIntervalMs: 600_000 })
const { port } = await hub.listen({ port: 0 })
announce(port)
