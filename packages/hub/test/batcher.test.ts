import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  type Append,
  type Batch,
  type Envelope,
  type InboxStore,
  ManualClock,
  MemoryInboxStore,
  type PosthouseError,
  silentLogger,
} from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { Batcher } from '../src/routing/batcher.ts'
import { Tally } from '../src/stats/tally.ts'
import { slowStore } from './slow-store.ts'

interface Rig {
  readonly batcher: Batcher
  readonly clock: ManualClock
  readonly store: InboxStore
  /** What the store was given, commit by commit. */
  readonly commits: Batch[]
  readonly fills: [inbox: string, fill: number][]
}

function rig(inner: InboxStore = new MemoryInboxStore(), isAwaited = (): boolean => false): Rig {
  const clock = new ManualClock()
  const commits: Batch[] = []
  const fills: Rig['fills'] = []
  const commit: InboxStore['commit'] = (batch) => {
    commits.push(batch)
    return inner.commit(batch)
  }
  const store = changedStore(inner, { commit })
  const batcher = new Batcher({
    store,
    clock,
    logger: silentLogger,
    tally: new Tally(),
    onFill: (inbox, fill) => fills.push([inbox, fill]),
    onSettled: () => undefined,
    isAwaited,
  })
  return { batcher, clock, store, commits, fills }
}

function envelope(id: string): Envelope {
  const body = { format: 'json', bytes: new TextEncoder().encode('"x"') } as const
  return { id, from: 'alice', to: 'bob', type: 'text', body, qos: 1, ts: Date.now() }
}

function to(recipient: string, id = 'm'): Append {
  return { envelope: envelope(id), recipients: [recipient] }
}

/** Appends and resolves with the position. */
function stored(batcher: Batcher, entry: Append): Promise<number> {
  return new Promise((resolve, reject) => {
    batcher.append(entry, (outcome) => ('seq' in outcome ? resolve(outcome.seq) : reject(outcome)))
  })
}

function changed(batcher: Batcher, key: string, value: unknown): Promise<PosthouseError | undefined> {
  return new Promise((resolve) => batcher.record({ kind: 'k', key, value }, resolve))
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

suite('the batcher', () => {
  test('has everything of one tick in one commit', async () => {
    const { batcher, commits, store } = rig()
    const [first, second] = await Promise.all([stored(batcher, to('bob')), stored(batcher, to('carol'))])
    const removed = new Promise((resolve) => batcher.remove({ inbox: 'bob', seq: first }, resolve))
    batcher.acknowledge('carol', second)
    const kept = changed(batcher, 'a', 1)
    batcher.unshelve(99)
    batcher.forget('dave')
    await stored(batcher, to('erin'))
    assert.equal(commits.length, 2)
    assert.deepEqual(await removed, { found: true, fill: 0 })
    assert.equal(await kept, undefined)
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: 1 }])
    const { appends: _, ...rest } = commits[1] ?? assert.fail()
    assert.deepEqual(rest, {
      acknowledgements: [{ inbox: 'carol', seq: second }],
      removals: [{ inbox: 'bob', seq: first }],
      records: [{ kind: 'k', key: 'a', value: 1 }],
      unshelve: [99],
      forget: ['dave'],
    })
  })

  test('tells how full an inbox is after acknowledgements and removals', async () => {
    const { batcher, fills } = rig(new MemoryInboxStore({ limits: { messages: 4 } }))
    const [first, , third] = await Promise.all([0, 1, 2].map(() => stored(batcher, to('bob'))))
    batcher.remove({ inbox: 'bob', seq: third ?? 0 })
    await batcher.settled()
    batcher.acknowledge('bob', first ?? 0)
    await batcher.settled()
    assert.deepEqual(fills, [
      ['bob', 0.5],
      ['bob', 0.25],
    ])
  })

  test('what forgets a cursor takes back what was acknowledged before', async () => {
    const { batcher, commits } = rig()
    const seq = await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    batcher.forget('bob')
    await batcher.settled()
    assert.deepEqual(commits[1], { appends: [], acknowledgements: [], forget: ['bob'] })
  })
})

suite('acknowledgements alone', () => {
  test('wait five milliseconds for company', async () => {
    const { batcher, clock, commits } = rig()
    const seq = await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    await nextTick()
    clock.advance(4)
    await nextTick()
    assert.equal(commits.length, 1)
    clock.advance(1)
    await batcher.settled()
    assert.equal(commits.length, 2)
    assert.equal(clock.pending, 0)
  })

  test('wait in the same way for what takes a processed message out of turn, and for nothing that is waited for', async () => {
    const { batcher, clock, commits } = rig()
    const [one, two] = [await stored(batcher, to('bob')), await stored(batcher, to('bob'))]
    batcher.remove({ inbox: 'bob', seq: one })
    await nextTick()
    clock.advance(4)
    await nextTick()
    assert.equal(commits.length, 2)
    batcher.remove({ inbox: 'bob', seq: two, to: { dueAt: 1, attempt: 2 } })
    while (commits.length === 2) await nextTick()
    assert.equal(commits[2]?.removals?.length, 2)
    await batcher.settled()
    assert.equal(clock.pending, 0)
  })

  test('go with the next append', async () => {
    const { batcher, clock, commits } = rig()
    const seq = await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    await nextTick()
    await stored(batcher, to('bob'))
    assert.deepEqual(commits[1]?.acknowledgements, [{ inbox: 'bob', seq }])
    assert.equal(clock.pending, 0)
  })

  test('do not wait where somebody waits for an inbox to drain', async () => {
    const { batcher, clock, fills } = rig(new MemoryInboxStore(), () => true)
    const seq = await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    while (fills.length === 0) await nextTick()
    assert.equal(clock.pending, 0)
  })

  test('do not wait where everything is to be settled', async () => {
    const { batcher, clock, store } = rig()
    const seq = await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    await batcher.settled()
    assert.equal((await store.inspect('bob')).messages, 0)
    assert.equal(clock.pending, 0)
  })

  test('count at once for who asks where a cursor is, and no further than the store has come', async () => {
    const { batcher } = rig()
    const seq = await stored(batcher, to('bob'))
    await stored(batcher, to('bob'))
    batcher.acknowledge('bob', seq)
    assert.equal((await batcher.inspect('bob')).position.seq, seq)
    batcher.acknowledge('bob', seq + 100)
    assert.equal((await batcher.inspect('bob')).position.seq, seq + 1)
    await batcher.settled()
  })
})

suite('where the store fails', () => {
  test('everyone who waits is told, also who waits behind, and nothing of that is tried again', async () => {
    const slow = slowStore()
    const { batcher, commits } = rig(slow.store)
    const seq = await stored(batcher, to('bob'))
    const mend = slow.breakCommit()
    const outcomes: unknown[] = []
    batcher.remove({ inbox: 'bob', seq }, (outcome) => outcomes.push(outcome))
    batcher.record({ kind: 'k', key: 'a', value: 1 }, (error) => outcomes.push(error))
    batcher.append(to('bob'), (outcome) => outcomes.push(outcome))
    await batcher.settled()
    assert.deepEqual(
      outcomes.map((each) => (each instanceof Error ? each.message : each)),
      Array(3).fill('the message could not be stored'),
    )
    mend()
    await stored(batcher, to('carol'))
    assert.deepEqual(Object.keys(commits.at(-1) ?? {}), ['appends', 'acknowledgements'])
    assert.equal((await slow.store.inspect('bob')).messages, 1)
  })

  test('what nobody waits for is tried again with whatever comes next, records as they were set last', async () => {
    const slow = slowStore()
    const { batcher, store } = rig(slow.store)
    const [first, second] = await Promise.all([stored(batcher, to('bob')), stored(batcher, to('carol'))])
    const mend = slow.breakCommit()
    batcher.remove({ inbox: 'bob', seq: first })
    batcher.acknowledge('carol', second)
    batcher.record({ kind: 'k', key: 'a', value: 1 })
    await batcher.settled()
    batcher.record({ kind: 'k', key: 'a', value: 2 })
    await batcher.settled()
    assert.deepEqual(await store.records('k'), [])
    mend()
    await stored(batcher, to('dave'))
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: 2 }])
    assert.deepEqual([(await store.inspect('bob')).messages, (await store.inspect('carol')).messages], [0, 0])
  })

  test('what nobody waits for is tried again after a second, also where nothing else comes', async () => {
    const slow = slowStore()
    const { batcher, store, clock, commits } = rig(slow.store)
    const seq = await stored(batcher, to('bob'))
    const mend = slow.breakCommit()
    batcher.remove({ inbox: 'bob', seq, to: { dead: 'timeout', attempt: 1 } })
    while (clock.pending === 0) await nextTick()
    assert.equal(commits.length, 2)
    clock.advance(1000)
    while (clock.pending === 0) await nextTick()
    assert.equal(commits.length, 3)
    mend()
    clock.advance(1000)
    await batcher.settled()
    assert.equal((await store.inspect('bob')).messages, 0)
    assert.equal(clock.pending, 0)
  })

  test('what forgets a cursor takes back what a commit that fails acknowledges, and nothing behind it', async () => {
    const inner = new MemoryInboxStore()
    const failing = Promise.withResolvers<never>()
    const begun = Promise.withResolvers<void>()
    let attempts = 0
    const commit: InboxStore['commit'] = (batch) => {
      begun.resolve()
      return attempts++ === 0 ? failing.promise : inner.commit(batch)
    }
    const { batcher, commits } = rig(changedStore(inner, { commit }))
    batcher.acknowledge('bob', 1)
    batcher.forget('carol')
    await begun.promise
    batcher.forget('bob')
    batcher.acknowledge('carol', 1)
    failing.reject(new Error('the disk is full'))
    await batcher.settled()
    await stored(batcher, to('dave'))
    const { acknowledgements, forget } = commits.at(-1) ?? {}
    assert.deepEqual([acknowledgements, forget], [[{ inbox: 'carol', seq: 1 }], ['carol', 'bob']])
  })

  test('a record that is to last is told of, and is in whatever the store takes next', async () => {
    const slow = slowStore()
    const { batcher, store, clock, commits } = rig(slow.store)
    const mend = slow.breakCommit()
    let told = 0
    batcher.recordLasting({ kind: 'k', key: 'a', value: 1 }, (error) => {
      if (error?.code === 'store_failed') told++
    })
    while (clock.pending === 0) await nextTick()
    assert.equal(told, 1)
    mend()
    await stored(batcher, to('bob'))
    assert.equal(commits.length, 2)
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: 1 }])
    assert.equal(told, 1)
  })

  test('a hub that ends tries once more, and then waits for nothing', async () => {
    const slow = slowStore()
    const { batcher, clock, commits } = rig(slow.store)
    slow.breakCommit()
    batcher.record({ kind: 'k', key: 'a', value: 1 })
    while (clock.pending === 0) await nextTick()
    assert.equal(commits.length, 1)
    await batcher.settled()
    assert.equal(commits.length, 2)
    await batcher.settled()
    assert.deepEqual([commits.length, clock.pending], [2, 0])
  })

  test('a listener may hand in the next thing', async () => {
    const slow = slowStore()
    const { batcher, store } = rig(slow.store)
    const mend = slow.breakCommit()
    const again = new Promise<number>((resolve) => {
      batcher.append(to('bob'), () => {
        mend()
        resolve(stored(batcher, to('bob')))
      })
    })
    await again
    assert.equal((await store.inspect('bob')).messages, 1)
  })
})
