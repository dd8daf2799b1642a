import assert from 'node:assert/strict'
import type { ManualClock } from '../clock.ts'
import type { Envelope } from '../envelope.ts'
import type { InboxStore, LogQuery } from '../store.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { append, commit, delivery, inLog, logged, plain, sampleEnvelope, stored, waiting } from './sample.ts'

const channels = { kind: 'channel', matches: () => true } as const

/** The part of the inbox store contract about the log. */
export function keepsLog(test: DeclareStoreTest): void {
  readsLog(test)
  tellsLogsApart(test)
  pagesLog(test)
  findsNewest(test)
  trimsLog(test)
  boundsChannels(test)
  listsLogs(test)
}

function readsLog(test: DeclareStoreTest): void {
  test('a logged envelope is kept once, under its address, in no inbox', async (store) => {
    const envelope = sampleEnvelope({ to: 'channel:a.b', headers: { trace: 'abc' } })
    const seq = await stored(store, { ...logged('channel:a.b', 'm1'), envelope })
    for (let time = 0; time < 2; time++) {
      const { entries, trimmed } = await store.readLog({ to: 'channel:a.b' }, 0, 10)
      assert.deepEqual([plain(entries), trimmed], [[{ seq, envelope }], 0])
    }
    assert.deepEqual(await waiting(store), [])
    assert.deepEqual(await inLog(store, 'channel:a'), [])
  })

  test('an envelope may lie in inboxes and in the log, at the same position', async (store) => {
    const seq = await stored(store, logged('all', 'm1', { recipients: ['bob'] }))
    await commit(store, { acknowledgements: [{ inbox: 'bob', seq }] })
    assert.deepEqual(await inLog(store, 'all'), ['m1'])
    assert.deepEqual(await waiting(store), [])
  })

  test(
    'an envelope for the log is kept although all its inboxes are full',
    async (store) => {
      await stored(store, delivery('m1'))
      const outcome = await append(store, logged('all', 'm2', { recipients: ['bob'] }))
      assert.deepEqual(outcome.state === 'stored' && outcome.full, ['bob'])
      assert.deepEqual(await inLog(store, 'all'), ['m2'])
    },
    { messages: 1 },
  )
}

function tellsLogsApart(test: DeclareStoreTest): void {
  test('what is stored without a log is not in the log of its address', async (store) => {
    await stored(store, { envelope: sampleEnvelope({ to: 'channel:a' }), recipients: ['bob'] })
    assert.deepEqual(await inLog(store, 'channel:a'), [])
  })

  test('channels that match are read together, in order, and nothing else is', async (store) => {
    for (const [to, id] of [
      ['channel:a', 'm1'],
      ['group:a', 'm2'],
      ['channel:b', 'm3'],
      ['channel:c', 'm4'],
      ['channel:a', 'm5'],
      ['all', 'm6'],
    ] as const) {
      await stored(store, logged(to, id))
    }
    const asked: string[] = []
    const matches = (to: string): boolean => {
      asked.push(to)
      return to !== 'channel:b'
    }
    assert.deepEqual(await inLog(store, { kind: 'channel', matches }), ['m1', 'm4', 'm5'])
    assert.ok(
      asked.every((to) => to.startsWith('channel:')),
      'only channels are asked about',
    )
    assert.deepEqual(await inLog(store, 'group:a'), ['m2'])
  })

  test('a duplicate is logged once', async (store) => {
    const from = { producer: 'p1', n: 1 }
    await stored(store, logged('channel:a', 'm1', { from }))
    assert.deepEqual(await append(store, logged('channel:a', 'm1', { from })), { state: 'duplicate' })
    assert.deepEqual(await inLog(store, 'channel:a'), ['m1'])
  })

  test('what has expired is not read', async (store, clock) => {
    const envelope = sampleEnvelope({ id: 'm1', to: 'channel:a', expiresAt: clock.now() + 1000 })
    await stored(store, { ...logged('channel:a', 'm1'), envelope })
    await stored(store, logged('channel:a', 'm2'))
    clock.advance(999)
    assert.deepEqual(await inLog(store, 'channel:a'), ['m1', 'm2'])
    clock.advance(1)
    assert.deepEqual(await inLog(store, 'channel:a'), ['m2'])
  })
}

function pagesLog(test: DeclareStoreTest): void {
  test('a page tells how far it looked, so that nothing is read twice and nothing is passed over', async (store) => {
    const seqs: number[] = []
    for (let index = 0; index < 7; index++) seqs.push(await stored(store, logged(`channel:${index % 2}`, `m${index}`)))
    const last = await stored(store, delivery('x'))
    const all = seqs.map((_, index) => `m${index}`)
    assert.deepEqual(await pageThrough(store, channels, last), all)
    assert.deepEqual(await pageThrough(store, { to: 'channel:0' }, last), ['m0', 'm2', 'm4', 'm6'])
  })

  test('a page behind the newest position is empty and stays there', async (store) => {
    const seq = await stored(store, logged('channel:a', 'm1'))
    assert.deepEqual(await store.readLog({ to: 'channel:a' }, seq, 10), { entries: [], scanned: seq, trimmed: 0 })
    assert.deepEqual(await store.readLog({ to: 'channel:none' }, 0, 10), { entries: [], scanned: seq, trimmed: 0 })
  })
}

async function pageThrough(store: InboxStore, wanted: LogQuery, last: number): Promise<string[]> {
  const read: string[] = []
  let after = 0
  while (after < last) {
    const page = await store.readLog(wanted, after, 2)
    assert.ok(page.entries.length <= 2 && page.scanned > after, 'each page goes on')
    for (const { seq, envelope } of page.entries) {
      assert.ok(seq > after && seq <= page.scanned, 'what is read lies in what was looked at')
      read.push(envelope.id)
    }
    after = page.scanned
  }
  assert.equal(after, last, 'nothing lies behind the newest position')
  return read
}

function findsNewest(test: DeclareStoreTest): void {
  test('the newest so many of a log, or of several, lie behind the position that is told', async (store) => {
    for (let index = 0; index < 8; index++) await stored(store, logged(`channel:${index % 3}`, `m${index}`))
    await stored(store, logged('group:a', 'x'))
    assert.deepEqual(await newest(store, { to: 'channel:0' }, 2), ['m3', 'm6'])
    assert.deepEqual(await newest(store, channels, 1), ['m7'])
    assert.deepEqual(await newest(store, channels, 5), ['m3', 'm4', 'm5', 'm6', 'm7'])
    const two = { kind: 'channel', matches: (to: string) => to !== 'channel:1' } as const
    assert.deepEqual(await newest(store, two, 3), ['m3', 'm5', 'm6'])
  })

  test('where there are fewer than so many, all of them are the newest', async (store) => {
    for (const id of ['m1', 'm2', 'm3']) await stored(store, logged('channel:a', id))
    assert.deepEqual(await newest(store, { to: 'channel:a' }, 3), ['m1', 'm2', 'm3'])
    assert.equal(await store.behindLast({ to: 'channel:a' }, 4), 0)
    assert.equal(await store.behindLast(channels, 1000), 0)
    assert.equal(await store.behindLast({ to: 'channel:none' }, 1), 0)
  })

  test('what has expired or was trimmed is not among the newest', async (store, clock) => {
    const log = { messages: 3, ageMs: 5000 }
    for (const id of ['m1', 'm2', 'm3']) await stored(store, logged('channel:a', id, { log }))
    const envelope = sampleEnvelope({ id: 'm4', to: 'channel:a', expiresAt: clock.now() + 1000 })
    await stored(store, { ...logged('channel:a', 'm4', { log }), envelope })
    assert.deepEqual(await newest(store, { to: 'channel:a' }, 2), ['m3', 'm4'])
    clock.advance(1000)
    assert.deepEqual(await newest(store, { to: 'channel:a' }, 1), ['m3'])
    assert.deepEqual(await newest(store, channels, 2), ['m2', 'm3'])
    assert.equal(await store.behindLast({ to: 'channel:a' }, 3), 0)
    clock.advance(4000)
    assert.equal(await store.behindLast({ to: 'channel:a' }, 1), 0)
  })
}

async function newest(store: InboxStore, wanted: LogQuery, count: number): Promise<string[]> {
  return inLog(store, wanted, await store.behindLast(wanted, count))
}

function trimsLog(test: DeclareStoreTest): void {
  test('a log keeps as many messages as its newest append says, and tells what it dropped', async (store) => {
    const seqs: number[] = []
    for (let index = 0; index < 5; index++) {
      seqs.push(await stored(store, logged('channel:a', `m${index}`, { log: { messages: 3, ageMs: 1000 } })))
      await stored(store, logged('channel:b', `x${index}`))
    }
    const page = await store.readLog({ to: 'channel:a' }, 0, 10)
    assert.deepEqual([await inLog(store, 'channel:a'), page.trimmed], [['m2', 'm3', 'm4'], seqs[1]])
    await stored(store, logged('channel:a', 'm5', { log: { messages: 1, ageMs: 1000 } }))
    assert.deepEqual(await inLog(store, 'channel:a'), ['m5'])
    assert.equal((await store.readLog({ to: 'channel:a' }, 0, 10)).trimmed, seqs[4])
    assert.equal((await store.readLog({ to: 'channel:b' }, 0, 10)).trimmed, 0)
    assert.equal((await store.readLog(channels, 0, 10)).trimmed, seqs[4])
  })

  test('a log keeps messages for as long as its newest append says, though nothing comes any more', async (store, clock) => {
    const log = { messages: 10, ageMs: 1000 }
    const first = await stored(store, logged('channel:a', 'm1', { log }))
    clock.advance(500)
    const envelope = sampleEnvelope({ id: 'm2', to: 'channel:a', ts: clock.now() })
    const second = await stored(store, { envelope, recipients: [], log })
    clock.advance(499)
    assert.deepEqual(await inLog(store, 'channel:a'), ['m1', 'm2'])
    clock.advance(1)
    assert.deepEqual(await inLog(store, 'channel:a'), ['m2'])
    assert.equal((await store.readLog({ to: 'channel:a' }, 0, 10)).trimmed, first)
    clock.advance(500)
    assert.deepEqual(await store.logs('channel'), [])
    const { entries, trimmed } = await store.readLog({ to: 'channel:a' }, 0, 10)
    assert.deepEqual([entries, trimmed], [[], second])
  })

  test('a log that keeps no messages says that they are missing', async (store) => {
    const seq = await stored(store, logged('channel:a', 'm1', { log: { messages: 0, ageMs: 1000 } }))
    const { entries, trimmed } = await store.readLog({ to: 'channel:a' }, 0, 10)
    assert.deepEqual([entries, trimmed], [[], seq])
  })

  test(
    'when the logs are too large together, the oldest messages go, whatever their address',
    async (store) => {
      const seqs: number[] = []
      // 7 bytes of body and the fixed share of 128 each.
      for (const [to, id] of [
        ['channel:a', 'm1'],
        ['group:b', 'm2'],
        ['channel:a', 'm3'],
        ['channel:a', 'm4'],
      ] as const) {
        seqs.push(await stored(store, logged(to, id)))
      }
      assert.deepEqual([await inLog(store, 'channel:a'), await inLog(store, 'group:b')], [['m3', 'm4'], ['m2']])
      await stored(store, logged('channel:c', 'm5'))
      assert.deepEqual([await inLog(store, 'channel:a'), await inLog(store, 'group:b')], [['m3', 'm4'], []])
      assert.equal((await store.readLog({ to: 'group:b' }, 0, 10)).trimmed, seqs[1])
    },
    {},
    { logBytes: 3 * 135 },
  )
}

function boundsChannels(test: DeclareStoreTest): void {
  test(
    'a message of one channel more than may keep something is refused with store_full, until one of them keeps nothing',
    async (store, clock) => {
      const log = { messages: 10, ageMs: 5000 }
      await stored(store, logged('channel:a', 'm1', { log }))
      clock.advance(1000)
      await stored(store, logged('channel:b', 'm2', { log: { messages: 10, ageMs: 60_000 }, envelope: at(clock, 'b') }))
      const refused = { state: 'refused', code: 'store_full' }
      assert.deepEqual(await append(store, logged('channel:c', 'm3')), refused)
      assert.deepEqual(await inLog(store, 'channel:c'), [])
      await stored(store, logged('channel:a', 'm4', { log }))
      await stored(store, logged('group:c', 'm5'))
      await stored(store, logged('all', 'm6'))
      clock.advance(5000)
      await stored(store, logged('channel:c', 'm7', { envelope: at(clock, 'c') }))
      assert.deepEqual(await append(store, logged('channel:d', 'm8', { envelope: at(clock, 'd') })), refused)
      assert.deepEqual(await inLog(store, 'channel:a'), [])
    },
    {},
    { channels: 2 },
  )
}

/** An envelope for a channel that is accepted now. */
function at(clock: ManualClock, channel: string): Envelope {
  return sampleEnvelope({ id: `now ${channel}`, to: `channel:${channel}`, ts: clock.now() })
}

function listsLogs(test: DeclareStoreTest): void {
  test('the logs of a kind are listed by address, with what they hold', async (store, clock) => {
    await stored(store, logged('channel:b', 'm1'))
    await stored(store, logged('group:a', 'm2'))
    clock.advance(5)
    const envelope = sampleEnvelope({ id: 'm3', to: 'channel:b', ts: clock.now() })
    const third = await stored(store, { ...logged('channel:b', 'm3'), envelope })
    const fourth = await stored(store, logged('channel:a', 'm4'))
    await stored(store, logged('all', 'm5'))
    assert.deepEqual(await store.logs('channel'), [
      { to: 'channel:a', messages: 1, bytes: 135, newest: fourth, ts: envelope.ts - 5 },
      { to: 'channel:b', messages: 2, bytes: 270, newest: third, ts: envelope.ts },
    ])
    assert.deepEqual(
      [(await store.logs('group')).map(({ to }) => to), (await store.logs('all')).map(({ to }) => to)],
      [['group:a'], ['all']],
    )
  })

  test('the logs of a kind are listed in pages', async (store) => {
    const names = Array.from({ length: 300 }, (_, index) => `channel:${(index * 7919) % 300}`)
    for (const name of names) await stored(store, logged(name, `m ${name}`))
    const listed: string[] = []
    for (let more = true; more; ) {
      const after = listed.at(-1)
      const page = await store.logs('channel', { limit: 7, ...(after !== undefined && { after }) })
      listed.push(...page.map(({ to }) => to))
      more = page.length === 7
    }
    assert.deepEqual(listed, names.toSorted())
  })
}
