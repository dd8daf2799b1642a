import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type InboxStore, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import fc from 'fast-check'
import { ask, publish } from './channel-peers.ts'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { noticed, type RunningHub, startHub } from './start-hub.ts'

const channels = ['a.x', 'a.y', 'b', 'a.x.z']
/** Patterns, and which of the channels they mean. */
const patterns: Readonly<Record<string, readonly string[]>> = {
  'channel:a.*': ['a.x', 'a.y'],
  'channel:a.x': ['a.x'],
  'channel:**': channels,
  'channel:**.z': ['a.x.z'],
}

type Step =
  | { readonly do: 'publish'; readonly to: string }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly stream: string }
  | { readonly do: 'cut' | 'kill' }

const streamNames = fc.constantFrom(...Object.keys(patterns))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish' as const), to: fc.constantFrom(...channels) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('subscribe' as const), stream: streamNames }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), stream: streamNames }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'kill' as const) }) },
)

/** A stream as the subscriber knows it. */
interface Known {
  /** How much had been published when it first subscribed. */
  readonly from: number
  /** Bodies by position. */
  readonly seen: Map<number, unknown>
  processed: number
  subscribed: boolean
}

/** One publisher, one subscriber, and hubs that die under them; a store outlives them all. */
class Chaos {
  readonly #inner = new MemoryInboxStore()
  readonly #windowMessages: number
  readonly #published: { readonly to: string; readonly body: string }[] = []
  readonly #streams = new Map<string, Known>()
  #server: RunningHub | undefined
  #halt: () => void = () => undefined
  #publisher: RawPeer | undefined
  #peer: RawPeer | undefined
  #welcome: Frame | undefined
  #lives = 0

  constructor(windowMessages: number) {
    this.#windowMessages = windowMessages
  }

  async begin(): Promise<void> {
    this.#server = await startHub({ store: this.#next(), limits: { windowMessages: this.#windowMessages } })
    this.#publisher = await RawPeer.login(this.#server.url, 'pub', { hello: { producer: `p${++this.#lives}` } })
    await this.#connect()
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'publish') await this.#publish(step.to)
    else if (step.do === 'subscribe') await this.#subscribe(step.stream)
    else if (step.do === 'unsubscribe') await this.#unsubscribe(step.stream)
    else if (step.do === 'cut') await this.#cut()
    else await this.#kill()
    for (const frame of (await this.#peer?.settled()) ?? []) this.#process(frame)
  }

  /** Has everything come once and in order, behind which a last message comes. */
  async finish(): Promise<void> {
    for (const stream of this.#streams.keys()) await this.#subscribe(stream)
    for (const to of channels) await this.#publish(to)
    for (const [stream, known] of this.#streams) {
      const expected = this.#published.slice(known.from).filter(({ to }) => patterns[stream]?.includes(to))
      while (known.seen.size < expected.length) this.#process(await this.#need(this.#peer).next('deliver'))
      const bodies = [...known.seen].sort(([a], [b]) => a - b).map(([, body]) => body)
      assert.deepEqual(
        bodies,
        expected.map(({ body }) => body),
        stream,
      )
    }
    await this.#publisher?.cut()
    await this.#peer?.cut()
    await this.#server?.hub.close()
  }

  /** For the next hub. What the one before it still wants to store is lost, as after a sudden end. */
  #next(): InboxStore {
    this.#halt()
    let halted = false
    this.#halt = () => {
      halted = true
    }
    const commit: InboxStore['commit'] = (batch) =>
      halted ? Promise.reject(new Error('this hub is dead')) : this.#inner.commit(batch)
    return changedStore(this.#inner, { commit })
  }

  async #publish(to: string): Promise<void> {
    const n = this.#published.length + 1
    this.#published.push({ to, body: `text ${n}` })
    await publish(this.#need(this.#publisher), `channel:${to}`, n)
  }

  async #subscribe(stream: string): Promise<void> {
    const known = this.#streams.get(stream)
    if (known?.subscribed) return
    const after = known && { after: { epoch: this.#epoch, seq: known.processed } }
    const answer = await ask(this.#need(this.#peer), 'subscribe', stream, after)
    assert.deepEqual([answer.op, answer.gaps], ['subscribe', undefined])
    const { seq } = answer.position as { readonly seq: number }
    const fresh: Known = { from: this.#published.length, seen: new Map(), processed: seq, subscribed: true }
    this.#streams.set(stream, known === undefined ? fresh : { ...known, subscribed: true })
  }

  async #unsubscribe(stream: string): Promise<void> {
    const known = this.#streams.get(stream)
    if (known === undefined) return
    await ask(this.#need(this.#peer), 'unsubscribe', stream)
    known.subscribed = false
  }

  async #cut(): Promise<void> {
    await this.#peer?.cut()
    await noticed(this.#need(this.#server), 'sub')
    await this.#publish('a.x')
    await this.#connect()
  }

  async #kill(): Promise<void> {
    const dead = this.#server
    const begun = this.#welcome
    const store = this.#next()
    await this.#peer?.cut()
    await this.#publisher?.cut()
    this.#server = await startHub({ store, limits: { windowMessages: this.#windowMessages } })
    await dead?.hub.close()
    this.#publisher = await RawPeer.login(this.#server.url, 'pub', { hello: { producer: `p${++this.#lives}` } })
    this.#welcome = begun
    await this.#publish('b')
    await this.#connect()
  }

  async #connect(): Promise<void> {
    const positions: Record<string, unknown> = { ...(this.#welcome?.positions as Frame | undefined) }
    for (const [stream, { processed, subscribed }] of this.#streams) {
      if (subscribed) positions[stream] = { epoch: this.#epoch, seq: processed }
      else delete positions[stream]
    }
    const hello = this.#welcome && resume(this.#welcome, positions)
    const [peer, welcome] = await RawPeer.welcomed(this.#need(this.#server).url, 'sub', { ...(hello && { hello }) })
    assert.deepEqual([welcome.resumed, welcome.gaps], [hello !== undefined, undefined])
    this.#peer = peer
    this.#welcome = welcome
  }

  #process({ op, stream, seq, body }: Frame): void {
    const known = op === 'deliver' ? this.#streams.get(String(stream)) : undefined
    if (known === undefined || !known.subscribed) return
    known.seen.set(Number(seq), body)
    known.processed = Number(seq)
    this.#peer?.send({ op: 'ack', stream, seq })
  }

  get #epoch(): unknown {
    return (this.#welcome?.positions as Record<string, Frame> | undefined)?.inbox?.epoch
  }

  #need<Thing>(thing: Thing | undefined): Thing {
    if (thing !== undefined) return thing
    throw new Error('it has not begun')
  }
}

test('a subscription gets everything once and in order, whatever is cut or killed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), async (steps, window) => {
      const chaos = new Chaos(window)
      await chaos.begin()
      for (const each of steps) await chaos.take(each)
      await chaos.finish()
    }),
    { numRuns: 40 },
  )
})
