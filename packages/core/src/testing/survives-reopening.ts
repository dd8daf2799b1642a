import assert from 'node:assert/strict'
import { ManualClock } from '../clock.ts'
import type { InboxStore } from '../store.ts'
import type { Batch } from '../store-batch.ts'
import type { ContractTest } from './contract-test.ts'
import { Dice } from './dice.ts'
import type { InboxStoreSettings, OpenInboxStore } from './inbox-store-contract.ts'
import { append, commit, delivery, inLog, logged, sampleEnvelope, shelved, stored, waiting } from './sample.ts'
import { everything } from './snapshot.ts'

/** A place where a store is opened again and again. */
interface Place {
  readonly clock: ManualClock
  open(): Promise<InboxStore>
}

/** The part of the inbox store contract about stores that last: what is closed is found as it was. */
export function survivesReopening(test: ContractTest, open: OpenInboxStore): void {
  let places = 0
  const declare = (name: string, check: (place: Place) => Promise<void>): void => {
    test(name, async () => {
      const clock = new ManualClock()
      const limits = { messages: 20, ageMs: 86_400_000 }
      const settings: InboxStoreSettings = { limits, bounds: {}, clock, place: `lasting-${++places}` }
      await check({ clock, open: async () => open(settings) })
    })
  }
  declare('a store that is opened again goes on in the same epoch, with positions that grow', goesOn)
  declare('a store that is opened again knows who has sent what', knowsProducers)
  declare('a store that is opened again keeps places, and takes what waits once', keepsShelf)
  declare('what passed its time while a store was closed is gone, or asks for its receipt', letsGo)
  for (const seed of [1, 2, 3]) {
    declare(`a store that is opened again holds all that it held (seed ${seed})`, (place) => holdsAll(place, seed))
  }
}

async function goesOn(place: Place): Promise<void> {
  const positions: { epoch: string; newest: number }[] = []
  const ids: string[] = []
  for (let time = 0; time < 3; time++) {
    await using store = await place.open()
    assert.deepEqual(await waiting(store), ids)
    await stored(store, delivery(`m${time}`))
    ids.push(`m${time}`)
    const { position, newest } = await store.inspect('bob')
    positions.push({ epoch: position.epoch, newest })
  }
  assert.equal(new Set(positions.map(({ epoch }) => epoch)).size, 1)
  assert.deepEqual(
    positions.map(({ newest }) => newest),
    [...new Set(positions.map(({ newest }) => newest))].sort((a, b) => a - b),
  )
}

async function knowsProducers(place: Place): Promise<void> {
  {
    await using store = await place.open()
    await stored(store, delivery('m1', { from: { producer: 'p1', n: 1 } }))
    await append(store, { from: { producer: 'p1', n: 2 }, refusal: 'forbidden' })
    await stored(store, shelved('m3', { from: { producer: 'p1', n: 3 } }))
  }
  await using store = await place.open()
  const states: unknown[] = []
  for (const n of [1, 2, 3, 4]) states.push((await append(store, delivery('m', { from: { producer: 'p1', n } }))).state)
  assert.deepEqual(states, ['duplicate', 'refused', 'duplicate', 'stored'])
}

async function keepsShelf(place: Place): Promise<void> {
  const seqs: number[] = []
  {
    await using store = await place.open()
    for (let index = 0; index < 20; index++) seqs.push(await stored(store, shelved(`m${index}`)))
  }
  await using store = await place.open()
  assert.deepEqual(await append(store, delivery('late')), { state: 'refused', code: 'inbox_full' })
  const takes = seqs[0] ?? 0
  await stored(store, delivery('m0', { takes }))
  assert.deepEqual(await append(store, delivery('m0', { takes })), { state: 'duplicate' })
  assert.deepEqual(await append(store, delivery('late')), { state: 'refused', code: 'inbox_full' })
}

async function letsGo(place: Place): Promise<void> {
  const { clock } = place
  const expiresAt = clock.now() + 1000
  {
    await using store = await place.open()
    for (const more of [{}, { receipts: true } as const]) {
      await stored(store, { envelope: sampleEnvelope({ expiresAt, ...more }), recipients: ['bob'] })
    }
    await stored(store, logged('channel:a', 'm3', { log: { messages: 10, ageMs: 1000 } }))
  }
  clock.advance(1000)
  await using store = await place.open()
  assert.deepEqual([await waiting(store), await inLog(store, 'channel:a')], [[], []])
  assert.equal((await store.expired(clock.now(), 10)).length, 1)
  assert.ok((await store.readLog({ to: 'channel:a' }, 0, 10)).trimmed > 0)
}

async function holdsAll({ open, clock }: Place, seed: number): Promise<void> {
  const dice = new Dice(seed)
  let before: unknown
  for (let time = 0; time < 5; time++) {
    await using store = await open()
    if (before !== undefined) assert.deepEqual(await everything(store), before)
    for (let step = 0; step < 15; step++) {
      clock.advance(dice.below(50))
      await commit(store, anyBatch(dice, clock.now(), (await store.inspect('bob')).newest))
    }
    before = await everything(store)
  }
}

function anyValue(dice: Dice): unknown {
  return dice.below(3) === 0 ? undefined : dice.pick([1, 'x', { a: [] }])
}

/** A batch of anything at all. */
function anyBatch(dice: Dice, now: number, newest: number): Batch {
  const inbox = (): string => dice.pick(['bob', 'carol', 'dave', 'alice\nchannel:a'])
  const seq = (): number => dice.below(newest + 2)
  const envelope = (to: string) => {
    const expiresAt = dice.below(3) === 0 ? { expiresAt: now + dice.below(300) } : {}
    const receipts = dice.below(4) === 0 ? { receipts: true as const } : {}
    return sampleEnvelope({ id: `m${dice.below(1e9)}`, to, ts: now, ...expiresAt, ...receipts })
  }
  const from = () => (dice.below(2) === 0 ? { from: { producer: dice.pick(['p1', 'p2']), n: 1 + dice.below(40) } } : {})
  const takes = () => (dice.below(4) === 0 ? { takes: seq() } : {})
  const to = () => dice.pick(['channel:a', 'channel:b', 'group:a', 'all'])
  const log = () => ({ messages: 1 + dice.below(5), ageMs: 1 + dice.below(500) })
  const retain = () => (dice.below(3) === 0 ? { retain: dice.pick(['keep', 'clear'] as const) } : {})
  const attempt = () => 1 + dice.below(3)
  return {
    forget: dice.below(8) === 0 ? [inbox()] : [],
    acknowledgements: dice.some(1, () => ({ inbox: inbox(), seq: dice.below(newest + 1) })),
    removals: dice.some(2, () => {
      const place = { inbox: inbox(), seq: seq() }
      if (dice.below(2) === 0) return place
      const dead = { dead: 'timeout', attempt: attempt() } as const
      return { ...place, to: dice.below(2) === 0 ? dead : { dueAt: now + dice.below(100), attempt: attempt() } }
    }),
    unshelve: dice.some(1, seq),
    records: dice.some(1, () => ({
      kind: 'k',
      key: dice.pick(['a', 'b', 'c']),
      value: anyValue(dice),
    })),
    appends: [
      ...dice.some(3, () => ({
        envelope: envelope('bob'),
        recipients: [inbox()],
        attempt: attempt(),
        ...from(),
        ...takes(),
      })),
      ...dice.some(2, () => ({ envelope: envelope(to()), recipients: [], log: log(), ...retain(), ...from() })),
      ...dice.some(1, () => ({ envelope: envelope('bob'), dueAt: now + dice.below(100), inbox: inbox(), ...takes() })),
      ...dice.some(1, () => ({ envelope: envelope('bob'), dead: 'timeout' as const, ...takes() })),
    ],
  }
}
