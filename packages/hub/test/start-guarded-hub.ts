import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryInboxStore, PosthouseError } from '@posthouse/core'
import { Access } from '../src/access/access.ts'
import type { Permission } from '../src/access/permission.ts'
import { Connection } from '../src/door/connection.ts'
import { Door } from '../src/door/door.ts'
import { Greeter } from '../src/door/greeter.ts'
import { resolveOptions } from '../src/hub-options.ts'
import { assembleHub, type HubParts } from '../src/hub-parts.ts'
import { Admission } from '../src/limits/admission.ts'
import { HubListeners } from '../src/routing/hub-listeners.ts'
import { LineLogger } from './start-hub.ts'

/** What each client may do, by id; those that are not named may do everything. */
export type Permissions = Readonly<Record<string, readonly Permission[]>>

/** A hub's parts behind a real port, where the test says what each client may do. Dispose cuts everyone off. */
export interface GuardedHub extends AsyncDisposable {
  readonly url: string
  readonly log: LineLogger
  readonly parts: HubParts
  /** Gives a client that is connected other permissions. */
  permit(client: string, permissions: readonly Permission[]): void
}

/** Starts one on a free loopback port. */
export async function startGuardedHub(permissions: Permissions): Promise<GuardedHub> {
  const log = new LineLogger()
  const options = resolveOptions({ logger: log, node: 'test-node', store: new MemoryInboxStore() })
  const parts: HubParts = assembleHub({
    ...options,
    listeners: new HubListeners(log),
    onChange: ({ id, link }) => {
      if (link && permissions[id]) link.access = new Access(permissions[id], id)
    },
  })
  const { tally, clock, allowances } = parts
  const { sendQueue, allowedOrigins, logger } = options
  const door = new Door({
    frameBytes: options.limits.frameBytes,
    guarded: false,
    allowedOrigins,
    tally,
    logger,
    admission: new Admission({ allowances, clock, connections: () => 0 }),
    onSocket: (socket, _, codec) => {
      const connection = new Connection(socket, { ...parts, sendQueue, onClose: () => undefined }, 'test')
      const origin = { remoteAddress: '127.0.0.1' }
      new Greeter({ parts, connection, codec, origin, crossComm: true, onPeer: () => undefined })
    },
  })
  const server = createServer().on('upgrade', (request, socket, head) => door.handleUpgrade(request, socket, head))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    parts,
    permit: (client, permissions) => {
      const link = parts.registry.get(client)?.link
      if (link) link.access = new Access(permissions, client)
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const { link } of parts.registry.all()) link?.fail(new PosthouseError('draining', 'the test is over'))
      await once(server, 'close')
    },
  }
}
