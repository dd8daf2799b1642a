import type { Hub } from '@posthouse/hub'
import { createRouter, depends, jsonSchema } from '@posthouse/web'
import type { Administrator } from '../administrator.ts'
import type { Door, DoorTools } from '../door.ts'
import { addClients } from './client-endpoints.ts'
import { input, output, text } from './operation.ts'
import { addOperations } from './operations.ts'
import { addSend } from './send-endpoint.ts'

/** What administration by HTTP works with. */
export interface ApiDoorOptions {
  readonly hub: Hub
  /** Stops the node gracefully. */
  readonly drain: (graceMs: number | undefined) => void
}

const drainBody = jsonSchema<{ readonly graceMs?: number }>(
  input({ graceMs: { type: 'integer', minimum: 0, maximum: 600_000, description: 'Default: 3,000' } }),
)

/** Administration by HTTP, at `/api/v1`: what the commands of the command line do. */
export function apiDoor({ hub, drain }: ApiDoorOptions): Door {
  return {
    name: 'administration',
    places: [{ path: '/api/v1', what: `Administration${hub.guarded ? ', with a token that may administer' : openly}` }],
    mount: (app, { admin }) => {
      const router = createRouter({ prefix: '/api/v1', dependencies: [admin] })
      addAbout(router, hub, admin)
      addClients(router, hub)
      addSend(router, hub)
      addOperations(router, hub)
      const options = { tags: ['node'], summary: 'Stops the node gracefully', body: drainBody, status: 202 }
      router.post(
        '/drain',
        { ...options, response: output({ draining: { const: true } }) },
        ({ body: { graceMs } }) => {
          drain(graceMs)
          return { draining: true }
        },
      )
      app.include(router)
      // For whoever writes the address of a folder.
      app.get('/api/v1/', { documented: false, dependencies: { admin } }, ({ deps }) => about(hub, deps.admin))
    },
    close: async () => undefined,
  }
}

const openly = '; there is no authentication, so it is open to this computer, and to no other'

function addAbout(router: ReturnType<typeof createRouter>, hub: Hub, admin: DoorTools['admin']): void {
  const options = {
    tags: ['node'],
    summary: 'Tells who you are, which node this is, and whether it requires a token',
    dependencies: { admin: depends({ dependencies: { admin } }, ({ deps }): Administrator => deps.admin) },
    response: output({ node: text, access: text }),
  }
  router.get('/', options, ({ deps }) => about(hub, deps.admin))
}

function about(hub: Hub, { name }: Administrator): { readonly node: string; readonly access: string } {
  return {
    node: hub.node,
    access: hub.guarded ? 'by tokens that may administer' : `without a token${openly}`,
    ...(name !== undefined && { name }),
  }
}
