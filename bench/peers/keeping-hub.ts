import { join } from 'node:path'
import { type InboxStore, MemoryInboxStore } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { announce } from './announce.ts'

/** Durability, folder, and where it shall listen. */
const [durability, folder = '.', port = '0'] = process.argv.slice(2)
const hub = new Hub({
  store: await openStore(),
  heartbeatIntervalMs: 600_000,
  rates: { messages: false, bytes: false },
  quotas: { strangers: false },
  // As many as are in flight with the other servers.
  limits: { inFlight: 512 },
  maxClients: 200_000,
})
announce((await hub.listen({ port: Number(port) })).port)

async function openStore(): Promise<InboxStore> {
  if (durability !== 'process' && durability !== 'disk') return new MemoryInboxStore()
  return openSqliteStore({ path: join(folder, 'hub.db'), durability })
}
