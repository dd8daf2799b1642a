import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as nextTick } from 'node:timers/promises'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { startHub, visit } from './start-hub.ts'

const count = 300

/** Numbers from 0 to 1 that are the same for one seed. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** One end that comes back whenever its connection is lost, and goes on with its session. */
abstract class Returning {
  /** Up to where everything was handled that came, and nothing was given back. */
  protected safe = 0
  readonly #url: () => string
  readonly #client: string
  #welcome: Frame | undefined

  constructor(url: () => string, client: string) {
    this.#url = url
    this.#client = client
  }

  async work(): Promise<void> {
    while (!this.done()) {
      const { epoch } = (this.#welcome?.positions as Record<string, { epoch: string }> | undefined)?.inbox ?? {}
      const hello = this.#welcome && resume(this.#welcome, { inbox: { epoch, seq: this.safe } })
      const peer = await RawPeer.hello(this.#url(), this.#client, hello && { hello }).catch(() => undefined)
      // A connection that is closed ends the wait for its next frame; between two hubs there is none.
      if (peer === undefined) await nextTick()
      else await this.#visit(peer).catch(() => undefined)
      await peer?.cut()
    }
  }

  async #visit(peer: RawPeer): Promise<void> {
    this.#welcome = await peer.next('welcome')
    this.begin(peer)
    while (!this.done() && this.handle(peer, await peer.next(() => true)));
    await peer.settled()
  }

  protected abstract done(): boolean
  protected abstract begin(peer: RawPeer): void
  /** False where the connection is to be lost now. */
  protected abstract handle(peer: RawPeer, frame: Frame): boolean
}

/** Gives messages back, loses its connection and acknowledges late, and keeps the rule of 4.5.2. */
class Recipient extends Returning {
  readonly processed: string[] = []
  readonly #random: () => number
  #hasGiven = false

  constructor(url: () => string, random: () => number) {
    super(url, 'bob')
    this.#random = random
  }

  protected done(): boolean {
    return this.processed.length === count
  }

  protected begin(): void {
    this.#hasGiven = false
  }

  protected handle(peer: RawPeer, { op, seq, id }: Frame): boolean {
    if (op !== 'deliver') return true
    const known = this.processed.includes(String(id))
    if (!known && this.#random() < 0.2) {
      peer.send({ op: 'nack', seq, delayMs: Math.floor(this.#random() * 5) })
      this.#hasGiven = true
    } else {
      if (!known) this.processed.push(String(id))
      if (!this.#hasGiven) this.safe = Number(seq)
      if (this.#random() < 0.7 || this.done()) peer.send({ op: 'ack', seq })
    }
    return this.#random() > 0.02
  }
}

/** Sends again what was not answered, and hears receipts. */
class Sender extends Returning {
  readonly told: string[] = []
  #answered = 0

  constructor(url: () => string) {
    super(url, 'alice')
  }

  protected done(): boolean {
    return this.told.length >= count
  }

  protected begin(peer: RawPeer): void {
    const rest = Array.from({ length: count - this.#answered }, (_, index) => this.#answered + index + 1)
    peer.send(...rest.slice(0, 200).map((n) => message('bob', n, { receipts: true })))
  }

  protected handle(peer: RawPeer, { op, n, seq, id, state }: Frame): boolean {
    if (op === 'sent') {
      this.#answered = Number(n)
      return this.#answered === count || this.#answered % 200 !== 0
    }
    if (op !== 'receipt') return true
    if (Number(seq) > this.safe) this.told.push(`${id} ${state}`)
    this.safe = Math.max(this.safe, Number(seq))
    peer.send({ op: 'ack', seq })
    return true
  }
}

for (const seed of [1, 2, 3]) {
  test(`whatever is given back, cut and restarted, each message is processed and told of once (seed ${seed})`, async (t) => {
    const random = dice(seed)
    await using inner = new MemoryInboxStore()
    const store = changedStore(inner, {
      commit: (batch) => (random() < 0.01 ? Promise.reject(new Error('the disk is full')) : inner.commit(batch)),
    })
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
    t.after(() => rm(folder, { recursive: true }))
    const settings = { store, statusFile: join(folder, 'clients.yaml') }
    let server = await startHub(settings)
    // The recipient must be known before anything is sent to it.
    await visit(server, 'bob')
    const [bob, alice] = [new Recipient(() => server.url, random), new Sender(() => server.url)]
    const working = Promise.all([bob.work(), alice.work()])
    for (let life = 1; life < 4; life++) {
      while (bob.processed.length < (count * life) / 4) await nextTick()
      await server[Symbol.asyncDispose]()
      server = await startHub(settings)
    }
    await working
    const all = Array.from({ length: count }, (_, index) => `m${index + 1}`)
    assert.deepEqual([...bob.processed].sort(), [...all].sort())
    assert.deepEqual([...alice.told].sort(), all.map((id) => `${id} delivered`).sort())
    assert.deepEqual(await server.hub.deadLetters.list(), [])
    await server[Symbol.asyncDispose]()
  })
}
