import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { openSqliteStore } from '@posthouse/store/sqlite'

type Frame = Readonly<Record<string, unknown>>

/** A v1 client that says and hears frames as they are. */
class Peer implements Disposable {
  readonly #socket: WebSocket
  readonly #heard: Frame[] = []
  #look: () => void = () => undefined

  private constructor(url: string) {
    this.#socket = new WebSocket(url, 'posthouse.v1.json')
    this.#socket.onmessage = ({ data }) => {
      this.#heard.push(...[JSON.parse(String(data))].flat())
      this.#look()
    }
  }

  static async login(url: string, client: string): Promise<Peer> {
    const peer = new Peer(url)
    await new Promise((resolve) => peer.#socket.addEventListener('open', resolve))
    peer.say({ op: 'hello', client, caps: [], producer: 'p' })
    await peer.hears('welcome')
    return peer
  }

  say(...frames: readonly Frame[]): void {
    this.#socket.send(JSON.stringify(frames))
  }

  /** The next frame of an op. */
  async hears(op: string): Promise<Frame> {
    for (;;) {
      const index = this.#heard.findIndex((frame) => frame.op === op)
      const [frame] = index < 0 ? [] : this.#heard.splice(index, 1)
      if (frame !== undefined) return frame
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

function send(to: string, n: number, fields: Frame = {}): Frame {
  return { op: 'send', id: `m${n}`, to, type: 'text', body: `text ${n}`, n, ...fields }
}

test('what was given back, is due later, or is dead, and what may be read, survives a restart with a file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
  t.after(() => rm(folder, { recursive: true }))
  const settings = { statusFile: join(folder, 'clients.yaml') }
  const path = join(folder, 'hub.db')
  {
    await using store = await openSqliteStore({ path, durability: 'process' })
    await using hub = new Hub({ ...settings, store })
    const { url } = await hub.listen({ port: 0 })
    using bob = await Peer.login(url, 'bob')
    using alice = await Peer.login(url, 'alice')
    alice.say(send('bob', 1), send('bob', 2, { receipts: true }))
    const [first, second] = [await bob.hears('deliver'), await bob.hears('deliver')]
    bob.say({ op: 'nack', seq: first.seq, delayMs: 200 }, { op: 'ack', seq: second.seq })
    const receipt = await alice.hears('receipt')
    assert.deepEqual([receipt.id, receipt.state], ['m2', 'delivered'])
    alice.say({ op: 'ack', seq: receipt.seq })
    alice.say(send('bob', 3, { deliverAt: Date.now() + 300, receipts: true }))
    alice.say(send('nobody', 4, { deliverAt: Date.now() + 1, receipts: true }))
    assert.deepEqual((await alice.hears('receipt')).code, 'unknown_recipient')
  }
  await using store = await openSqliteStore({ path, durability: 'process' })
  await using hub = new Hub({ ...settings, store })
  const { url } = await hub.listen({ port: 0 })
  using alice = await Peer.login(url, 'alice')
  assert.equal((await alice.hears('receipt')).id, 'm4')
  using bob = await Peer.login(url, 'bob')
  const [first, second] = [await bob.hears('deliver'), await bob.hears('deliver')]
  assert.deepEqual([first.id, first.attempt, second.id, second.attempt], ['m1', 2, 'm3', undefined])
  bob.say({ op: 'ack', seq: second.seq }, { op: 'receipt', id: 'm2', from: 'alice', state: 'read' })
  const told = [await alice.hears('receipt'), await alice.hears('receipt')].map(({ id, state }) => `${id} ${state}`)
  assert.deepEqual(told.sort(), ['m2 read', 'm3 delivered'])
  const letters = await hub.deadLetters.list()
  assert.deepEqual(
    letters.map(({ id, reason }) => [id, reason]),
    [['m4', 'unknown_recipient']],
  )
})
