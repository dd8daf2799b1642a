import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MortalHub } from './mortal-hub.ts'

type Frame = Readonly<Record<string, unknown>>

/** A v1 client that says hello again on a new connection whenever its hub was killed. */
class Peer implements AsyncDisposable {
  readonly #url: () => string
  readonly #client: string
  readonly #onFrame: (frame: Frame, peer: Peer) => void
  #socket: WebSocket | undefined
  #closed = false

  constructor(url: () => string, client: string, onFrame: (frame: Frame, peer: Peer) => void) {
    this.#url = url
    this.#client = client
    this.#onFrame = onFrame
    this.#connect()
  }

  /** Says something, if anybody hears it. */
  say(...frames: readonly Frame[]): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frames))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#socket?.close()
  }

  #connect(): void {
    const socket = new WebSocket(this.#url(), 'posthouse.v1.json')
    this.#socket = socket
    socket.onopen = () => this.say({ op: 'hello', client: this.#client, caps: [], producer: this.#client })
    socket.onmessage = ({ data }) => {
      for (const frame of [JSON.parse(String(data))].flat()) this.#onFrame(frame, this)
    }
    socket.onclose = () => {
      if (!this.#closed) setImmediate(() => this.#connect())
    }
  }
}

/** Sends so many jobs, each until it is confirmed. */
class Sender {
  readonly #total: number
  readonly #done = Promise.withResolvers<void>()
  #confirmed = 0

  constructor(total: number) {
    this.#total = total
  }

  get confirmed(): number {
    return this.#confirmed
  }

  get finished(): Promise<void> {
    return this.#done.promise
  }

  readonly hears = (frame: Frame, peer: Peer): void => {
    if (frame.op === 'sent') {
      assert.equal(frame.error, undefined)
      this.#confirmed = Math.max(this.#confirmed, Number(frame.n))
    } else if (frame.op !== 'welcome') return
    if (this.#confirmed >= this.#total) this.#done.resolve()
    else if (frame.op === 'welcome' || this.#confirmed % 32 === 0) this.#send(peer)
  }

  /** The next so many that are not confirmed. Those of a killed hub come again with the same numbers. */
  #send(peer: Peer): void {
    const upTo = Math.min(this.#total, (Math.floor(this.#confirmed / 32) + 1) * 32)
    for (let n = this.#confirmed + 1; n <= upTo; n++) {
      peer.say({ op: 'send', id: `m${n}`, to: 'queue:jobs', type: 'text', body: 'job', n, priority: n % 3 })
    }
  }
}

suite('a hub that is killed while workers work', () => {
  test('has every confirmed job done', async () => {
    await using hub = await MortalHub.start()
    const total = 640
    const sender = new Sender(total)
    const done = new Map<string, number>()
    const all = Promise.withResolvers<void>()
    const work = (frame: Frame, peer: Peer): void => {
      if (frame.op === 'welcome') peer.say({ op: 'subscribe', id: 'q', to: 'queue:jobs', prefetch: 8 })
      if (frame.op !== 'deliver') return
      const id = String(frame.id)
      done.set(id, (done.get(id) ?? 0) + 1)
      peer.say({ op: 'ack', stream: frame.stream, seq: frame.seq })
      if (done.size === total) all.resolve()
    }
    await using peers = new AsyncDisposableStack()
    for (const client of ['w1', 'w2', 'w3']) peers.use(new Peer(() => hub.url, client, work))
    peers.use(new Peer(() => hub.url, 'alice', sender.hears))
    for (const share of [0.2, 0.4, 0.6, 0.8]) {
      while (sender.confirmed < total * share || done.size < total * share * 0.5) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      await hub.kill()
      await hub.begin()
    }
    await Promise.all([sender.finished, all.promise])
  })
})
