import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { type Frame, message, RawPeer } from './raw-peer.ts'
import { type RunningHub, startHub } from './start-hub.ts'
import { done, worker } from './working-peers.ts'

/** Who handles which message now, and what was handled. */
class Floor {
  readonly handled = new Map<string, number>()
  readonly #handling = new Map<string, string>()
  readonly #wanted: number
  readonly #finished = Promise.withResolvers<void>()

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  /** Resolves when everything was handled. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  begin(id: string, by: string): void {
    const other = this.#handling.get(id)
    assert.ok(other === undefined || other === by, `${id} is handled by ${other} and ${by} at once`)
    this.#handling.set(id, by)
  }

  end(id: string): void {
    this.#handling.delete(id)
    this.handled.set(id, (this.handled.get(id) ?? 0) + 1)
    if (this.handled.size === this.#wanted) this.#finished.resolve()
  }

  /** A worker is dead: what it was at is handled by nobody. Returns how much that was. */
  leave(dead: string): number {
    const lost = [...this.#handling].filter(([, by]) => by === dead)
    for (const [id] of lost) this.#handling.delete(id)
    return lost.length
  }
}

/** Works until its connection ends, taking its time for each message. Dies with what it has at message `diesAt`. */
async function work(peer: RawPeer, floor: Floor, diesAt = Number.POSITIVE_INFINITY): Promise<number> {
  let begun = 0
  const handle = async (frame: Frame): Promise<void> => {
    const id = String(frame.id)
    floor.begin(id, peer.client)
    for (let tick = 0; tick < 3; tick++) await new Promise((resolve) => setImmediate(resolve))
    if (begun >= diesAt) return
    floor.end(id)
    done(peer, frame)
  }
  for (;;) {
    const frame = await peer.next('deliver').catch(() => undefined)
    if (frame === undefined) return 0
    begun++
    void handle(frame)
    if (begun < diesAt) continue
    const lost = floor.leave(peer.client)
    await peer.cut()
    return lost
  }
}

async function publishAll(server: Pick<RunningHub, 'url'>, from: number, to: number): Promise<void> {
  await using alice = await RawPeer.login(server.url, 'alice', { hello: { producer: `p${from}` } })
  for (let n = from; n <= to; n++) {
    alice.send(message('queue:jobs', n, { priority: n % 10 }))
    if (n % 100 === 0 || n === to) await alice.next((frame) => frame.op === 'sent' && Number(frame.n) >= n)
  }
}

suite('a queue under load', () => {
  test('has each of 1,000 messages handled, and by one living worker at a time, though two of ten die', async () => {
    await using server = await startHub({ leaseMs: 20 })
    const floor = new Floor(1000)
    const workers = await Promise.all(Array.from({ length: 10 }, (_, index) => worker(server, `w${index}`, 4)))
    const working = workers.map((peer, index) => work(peer, floor, index < 2 ? 30 + index : undefined))
    await publishAll(server, 1, 1000)
    await floor.finished
    const lost = (await working[0]) ?? 0
    await working[1]
    for (const peer of workers) await peer.cut()
    await Promise.all(working)
    const twice = [...floor.handled.values()].filter((times) => times > 1).length
    assert.ok(lost > 0, 'a worker died with something in its hands')
    assert.ok(twice <= 8, `${twice} were handled twice; only what two dead workers had may be`)
  })

  test('goes on where a hub has died, with a store that lasts', async () => {
    const memory = new MemoryInboxStore()
    const store = changedStore(memory, { durability: 'process', [Symbol.asyncDispose]: async () => undefined })
    const floor = new Floor(300)
    let server = await startHub({ store })
    try {
      await publishAll(server, 1, 300)
      for (let life = 0; life < 3; life++) {
        const peers = await Promise.all(['w1', 'w2', 'w3'].map((client) => worker(server, client, 8)))
        const working = peers.map((peer) => work(peer, floor))
        const some = 90 * (life + 1)
        while (floor.handled.size < some) await peers[0]?.settled()
        for (const peer of peers) floor.leave(peer.client)
        await server.hub.close()
        await Promise.all(working)
        for (const peer of peers) floor.leave(peer.client)
        server = await startHub({ store })
      }
      const peers = await Promise.all(['w1', 'w2'].map((client) => worker(server, client, 8)))
      const working = peers.map((peer) => work(peer, floor))
      await floor.finished
      for (const peer of peers) await peer.cut()
      await Promise.all(working)
    } finally {
      await server.hub.close()
    }
  })
})
