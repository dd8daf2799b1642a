import { HubClient, type HubClientOptions } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

/** A hub with its clients; whoever has it ends them all. */
export interface Company extends AsyncDisposable {
  readonly hub: Hub
  readonly url: string
  readonly alice: HubClient
  readonly bob: HubClient
}

/** A hub and two clients that are connected. */
export async function company(options: HubClientOptions = {}): Promise<Company> {
  const hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  const alice = new HubClient({ url, clientId: 'alice', ...options })
  const bob = new HubClient({ url, clientId: 'bob', ...options })
  await Promise.all([alice.connect(), bob.connect()])
  return {
    hub,
    url,
    alice,
    bob,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([alice.close(), bob.close()])
      await hub.close()
    },
  }
}
