import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { Hub } from '@posthouse/hub'
import { WebSocket } from 'ws'
import { Random } from '../simulator/random.ts'

const clients = 200
const messages = 60
const wanted = Array.from({ length: messages }, (_, number) => `${number}`)

/** A client whose connection can be cut, and what has come to its handler. */
class Wanderer {
  readonly client: HubClient
  readonly received: string[] = []
  readonly gaps: unknown[] = []
  #socket: WebSocket | undefined

  constructor(url: string, clientId: string, onMessage: () => void) {
    const opened = (socket: WebSocket): void => {
      this.#socket = socket
    }
    class CuttableWebSocket extends WebSocket {
      constructor(...about: ConstructorParameters<typeof WebSocket>) {
        super(...about)
        opened(this)
      }
    }
    this.client = new HubClient({
      url,
      clientId,
      reconnect: { baseMs: 20, capMs: 100 },
      WebSocket: CuttableWebSocket as unknown as typeof globalThis.WebSocket,
    })
    this.client.watch('gap', (gap) => this.gaps.push(gap))
    this.client.on('text', ({ body }) => {
      this.received.push(String(body))
      onMessage()
    })
  }

  /** As if the network were gone: nobody says good-bye. */
  cut(): void {
    this.#socket?.terminate()
  }
}

/** A store that outlives its hubs, as one on a disk would. */
function lastingStore() {
  return changedStore(new MemoryInboxStore(), { durability: 'process' })
}

/** Sends to all, cuts a tenth of the connections each time, and in the middle does what is to be done then. */
async function sendAndCut(
  sender: HubClient,
  wanderers: readonly Wanderer[],
  halfway: () => Promise<void>,
): Promise<void> {
  const random = new Random(3)
  for (let number = 0; number < messages; number++) {
    if (number === messages / 2) await halfway()
    const sent = sender.send('all', `${number}`)
    for (const wanderer of wanderers) if (random.chance(0.1)) wanderer.cut()
    await sent
  }
}

suite('clients whose connections are cut again and again', () => {
  for (const restarts of [false, true]) {
    const meanwhile = restarts ? ', while the hub starts anew' : ''
    test(`are given everything that is sent to all of them, once and in order${meanwhile}`, async () => {
      const options = { store: lastingStore(), quotas: { strangers: false } } as const
      let hub = new Hub(options)
      const { port, url } = await hub.listen({ port: 0 })
      const halfway = async (): Promise<void> => {
        if (!restarts) return
        await hub.close()
        hub = new Hub(options)
        await hub.listen({ port })
      }
      const done = Promise.withResolvers<void>()
      let missing = clients * messages
      const onMessage = (): void => {
        if (--missing === 0) done.resolve()
      }
      const wanderers = Array.from({ length: clients }, (_, index) => new Wanderer(url, `wanderer${index}`, onMessage))
      const sender = new HubClient({ url, clientId: 'sender', reconnect: { baseMs: 20, capMs: 100 } })
      const all = [sender, ...wanderers.map(({ client }) => client)]
      try {
        await Promise.all(all.map((client) => client.connect()))
        await sendAndCut(sender, wanderers, halfway)
        await done.promise
        for (const { received, gaps } of wanderers) assert.deepEqual({ received, gaps }, { received: wanted, gaps: [] })
      } finally {
        await Promise.all(all.map((client) => client.close()))
        await hub.close()
      }
    })
  }
})
