import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClientInfo, HubClient, type HubClientOptions } from '@posthouse/client'
import { type Authenticator, Hub, type Permission } from '@posthouse/hub'

/** Lets everyone in under their id, with the permissions that hold for that id now. */
class Doorman implements Authenticator {
  readonly permissions = new Map<string, readonly Permission[]>()
  readonly #listeners = new Set<() => void>()

  authenticate({ client }: { readonly client: string }): ReturnType<Authenticator['authenticate']> {
    const permissions = this.permissions.get(client)
    return { name: client, ...(permissions && { permissions }) }
  }

  current({ name }: { readonly name: string }): Awaited<ReturnType<Authenticator['authenticate']>> {
    const permissions = this.permissions.get(name)
    return { name, ...(permissions && { permissions }) }
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  permit(client: string, permissions: readonly Permission[]): void {
    this.permissions.set(client, permissions)
    for (const tell of this.#listeners) tell()
  }
}

/** A client's picture of who is there, which can be waited for. */
class Picture {
  readonly there = new Map<string, ClientInfo>()
  #look: () => void = () => undefined

  constructor(client: HubClient) {
    client.watch('presence', ({ full, clients }) => {
      if (full) this.there.clear()
      for (const info of clients) {
        if (info.online) this.there.set(info.client, info)
        else this.there.delete(info.client)
      }
      this.#look()
    })
  }

  /** Resolves when this is what it shows: ids and their states. */
  shows(wanted: Readonly<Record<string, unknown>>): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        const now = Object.fromEntries([...this.there.values()].map(({ client, state }) => [client, state]))
        if (JSON.stringify(now) === JSON.stringify(wanted)) resolve()
      }
      this.#look()
    })
  }
}

for (const dialect of ['json', 'msgpack'] as const) {
  test(`presence, states and permissions reach from client to client, in ${dialect}`, async () => {
    const doorman = new Doorman()
    await using hub = new Hub({ authenticate: doorman })
    const { url } = await hub.listen({ port: 0 })
    const login = async (clientId: string, options: HubClientOptions = {}): Promise<HubClient> => {
      const client = new HubClient({ url, clientId, dialect, ...options })
      await client.connect()
      return client
    }
    await using alice = await login('alice')
    const picture = new Picture(alice)
    await picture.shows({ alice: undefined })
    await using bob = await login('bob', { dialect: 'json' })
    bob.setState({ mode: 'busy' })
    await picture.shows({ alice: undefined, bob: { mode: 'busy' } })
    await alice.send('bob', 'while I may')
    doorman.permit('alice', [{ operations: ['send'], addresses: ['hub'] }])
    await picture.shows({ alice: undefined })
    await assert.rejects(alice.send('bob', 'no longer'), { code: 'forbidden' })
    await assert.rejects(alice.send('nobody at all', 'x'), { code: 'forbidden' })
    assert.deepEqual(
      (await alice.clients()).map(({ client }) => client),
      ['alice'],
    )
    doorman.permit('alice', [{ operations: ['send', 'see'], addresses: ['*'] }])
    await picture.shows({ alice: undefined, bob: { mode: 'busy' } })
    await bob.close()
    await picture.shows({ alice: undefined })
    await alice.send('bob', 'for later')
  })
}
