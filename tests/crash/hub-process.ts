import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { Hub } from '@posthouse/hub'
import { openSqliteStore } from '@posthouse/store/sqlite'

/** Where a hub keeps what it has, and where it listens. */
export interface HubOrder {
  readonly path: string
  /** 0 for any. */
  readonly port: number
}

// A process that is killed does not do it at its end.
flushCompileCache()
process.on('disconnect', () => process.exit(0))
const [order] = (await once(process, 'message')) as [HubOrder]
const hub = new Hub({ store: await openSqliteStore({ path: order.path, durability: 'disk' }) })
const { port } = await hub.listen({ port: order.port })
process.send?.({ port })
