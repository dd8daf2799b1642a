import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Append,
  defaultInboxLimits,
  type Envelope,
  envelopeBytes,
  ManualClock,
  MemoryInboxStore,
} from '@posthouse/core'
import fc from 'fast-check'

describe('the memory inbox store', () => {
  it('says that it keeps nothing when the process ends', async () => {
    await using store = new MemoryInboxStore()
    assert.equal(store.durability, 'memory')
  })

  it('is in another epoch each time, because it begins anew', async () => {
    await using first = new MemoryInboxStore()
    await using second = new MemoryInboxStore()
    assert.notEqual((await first.inspect('bob')).position.epoch, (await second.inspect('bob')).position.epoch)
  })

  it('keeps 1,000 messages of one inbox by default', async () => {
    await using store = new MemoryInboxStore()
    const outcome = await store.commit({
      appends: Array.from({ length: 1001 }, (_, index) => to('bob', `m${index}`)),
      acknowledgements: [],
    })
    assert.deepEqual([outcome.appends[999]?.state, outcome.appends[1000]?.state], ['stored', 'refused'])
    assert.deepEqual(defaultInboxLimits, { messages: 1000, bytes: 8_388_608, ageMs: 604_800_000 })
  })

  it('does not keep a large receive buffer alive for a small body, be it a Buffer or not', async () => {
    await using store = new MemoryInboxStore()
    for (const buffer of [new Uint8Array(65_536), Buffer.alloc(65_536)]) {
      const body = { format: 'json', bytes: buffer.subarray(100, 110) } as const
      await store.commit({
        appends: [{ envelope: envelope('m', { body }), recipients: ['bob'] }],
        acknowledgements: [],
      })
    }
    for (const entry of await store.read('bob', 0, 10)) assert.equal(entry.envelope.body.bytes.buffer.byteLength, 10)
  })

  it('stores one copy for all recipients', async () => {
    await using store = new MemoryInboxStore()
    await store.commit({ appends: [{ envelope: envelope('m1'), recipients: ['bob', 'carol'] }], acknowledgements: [] })
    const [[bob], [carol]] = [await store.read('bob', 0, 1), await store.read('carol', 0, 1)]
    assert.equal(bob?.envelope, carol?.envelope)
  })

  it('remembers exactly what was trimmed of a channel that holds nothing, however many others hold something', async () => {
    const clock = new ManualClock()
    await using store = new MemoryInboxStore({ clock })
    const publish = (names: readonly string[]): Promise<unknown> =>
      store.commit({
        appends: names.map((name) => ({
          envelope: envelope('m', { to: `channel:${name}`, ts: clock.now() }),
          recipients: [],
          log: { messages: 1, ageMs: 1000 },
        })),
        acknowledgements: [],
      })
    await publish(['old'])
    clock.advance(2000)
    await publish(Array.from({ length: 10_001 }, (_, index) => `c${index}`))
    const trimmedOf = async (name: string): Promise<number> =>
      (await store.readLog({ to: `channel:${name}` }, 0, 1)).trimmed
    assert.equal(await trimmedOf('old'), 1)
    await publish(['new'])
    assert.deepEqual([await trimmedOf('old'), await trimmedOf('c1')], [1, 0])
  })

  it('forgets the producer that was silent for longest when there are too many', async () => {
    await using store = new MemoryInboxStore({ producers: 2 })
    await store.commit({ appends: [from('p1', 1), from('p2', 1), from('p1', 2), from('p3', 1)], acknowledgements: [] })
    const last = await Promise.all(['p1', 'p2', 'p3'].map((producer) => store.lastAccepted(producer)))
    assert.deepEqual(last, [2, 0, 1])
  })

  it('answers window_exceeded for a refusal that it had to forget', async () => {
    await using store = new MemoryInboxStore()
    const numbers = Array.from({ length: 1025 }, (_, index) => index + 1)
    await store.commit({
      appends: numbers.map((n) => ({ from: { producer: 'p1', n }, refusal: 'forbidden' })),
      acknowledgements: [],
    })
    const { appends } = await store.commit({ appends: [from('p1', 1), from('p1', 2)], acknowledgements: [] })
    assert.deepEqual(appends, [
      { state: 'refused', code: 'window_exceeded' },
      { state: 'refused', code: 'forbidden' },
    ])
  })

  it('counts right and keeps order, whatever comes in and is acknowledged', async () => {
    await fc.assert(fc.asyncProperty(fc.array(steps(), { maxLength: 60 }), compareWithModel))
  })
})

type Step =
  | { readonly kind: 'append'; readonly ttlMs: number }
  | { readonly kind: 'acknowledge' | 'wait'; readonly by: number }

function steps(): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('append' as const), ttlMs: fc.integer({ min: 1, max: 50 }) }),
    },
    fc.record({ kind: fc.constantFrom('acknowledge' as const, 'wait' as const), by: fc.nat(20) }),
  )
}

/** An empty inbox is given up, and then everything so far counts as processed. */
function assertPosition(seq: number, acknowledged: number, oldest = Number.POSITIVE_INFINITY): void {
  assert.ok(seq >= acknowledged && seq < oldest)
}

/** Runs the steps on the store and on a plain array, which must agree after each. */
async function compareWithModel(script: readonly Step[]): Promise<void> {
  const clock = new ManualClock(0)
  const limits = { messages: 10, ageMs: 40 }
  await using store = new MemoryInboxStore({ clock, limits })
  let model: { seq: number; gone: number }[] = []
  let acknowledged = 0
  for (const step of script) {
    if (step.kind === 'wait') clock.advance(step.by)
    model = model.filter(({ gone }) => gone > clock.now())
    if (step.kind === 'append') {
      const own = envelope('m', { ts: clock.now(), expiresAt: clock.now() + step.ttlMs })
      const [outcome] = (
        await store.commit({ appends: [{ envelope: own, recipients: ['bob'] }], acknowledgements: [] })
      ).appends
      assert.equal(outcome?.state, model.length < 10 ? 'stored' : 'refused')
      if (outcome?.state === 'stored') model.push({ seq: outcome.seq, gone: clock.now() + Math.min(step.ttlMs, 40) })
    }
    if (step.kind === 'acknowledge') {
      const seq = model[step.by % 10]?.seq ?? 0
      await store.commit({ appends: [], acknowledgements: [{ inbox: 'bob', seq }] })
      acknowledged = Math.max(acknowledged, seq)
      model = model.filter((entry) => entry.seq > seq)
    }
    const { position, messages, bytes } = await store.inspect('bob')
    assert.equal(messages, model.length)
    assertPosition(position.seq, acknowledged, model[0]?.seq)
    assert.equal(bytes, model.length * envelopeBytes(envelope('m')))
    const seqs = (await store.read('bob', 0, 100)).map(({ seq }) => seq)
    assert.deepEqual(
      seqs,
      model.map(({ seq }) => seq),
    )
  }
}

function envelope(id: string, rest: Partial<Envelope> = {}): Envelope {
  const body = { format: 'json', bytes: new TextEncoder().encode('"x"') } as const
  return { id, from: 'alice', to: 'bob', type: 'text', body, qos: 1, ts: Date.now(), ...rest }
}

function to(recipient: string, id: string): Append {
  return { envelope: envelope(id), recipients: [recipient] }
}

function from(producer: string, n: number): Append {
  return { envelope: envelope(`${producer}-${n}`), recipients: ['bob'], from: { producer, n } }
}
