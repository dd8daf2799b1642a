import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import type { HistoryPage } from '@posthouse/hub'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

let called = 0

async function call(peer: RawPeer, method: string, body?: unknown): Promise<unknown> {
  peer.send({ op: 'request', id: `c${++called}`, to: 'hub', method, ...(body !== undefined && { body }) })
  const answer = await peer.next('response')
  return 'error' in answer ? codeOf(answer) : answer.body
}

function bodiesOf(page: unknown): unknown[] {
  return (page as HistoryPage).entries.map(({ body }) => body)
}

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`the history of a channel, in ${dialect}`, () => {
    test('is read page by page, and gives what was published', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      for (let n = 1; n <= 5; n++) await alice.publish('channel:a.b', n, { headers: { n: String(n) }, replyTo: 'bob' })
      await alice.publish('channel:a.c', 6)
      const first = (await call(alice, 'history', { channel: 'a.b', limit: 3 })) as HistoryPage
      assert.deepEqual([bodiesOf(first), first.more, first.gaps], [['text 1', 'text 2', 'text 3'], true, []])
      const [entry] = first.entries
      assert.deepEqual(
        [entry?.from, entry?.to, entry?.type, entry?.id, entry?.headers, entry?.replyTo],
        ['alice', 'channel:a.b', 'text', 'm1', { n: '1' }, 'bob'],
      )
      const second = (await call(alice, 'history', { channel: 'a.b', after: first.position })) as HistoryPage
      assert.deepEqual([bodiesOf(second), second.more], [['text 4', 'text 5'], false])
      assert.deepEqual(bodiesOf(await call(alice, 'history', { channel: 'a.b', after: second.position })), [])
      assert.deepEqual(bodiesOf(await call(alice, 'history', { channel: 'a.b', last: 2 })), ['text 4', 'text 5'])
      assert.deepEqual(bodiesOf(await call(alice, 'history', { channel: 'never' })), [])
    })

    test('is cut where it would not fit into an answer', async () => {
      await using server = await startHub({ limits: { bodyBytes: 20_000 } })
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      for (let n = 1; n <= 5; n++) await alice.publish('channel:a', n, { body: 'x'.repeat(6000) })
      await alice.publish('channel:a', 6, { body: 'y'.repeat(19_000) })
      const sizes: number[] = []
      let after: unknown
      for (let more = true; more; ) {
        const page = (await call(alice, 'history', {
          channel: 'a',
          ...(after !== undefined && { after }),
        })) as HistoryPage
        sizes.push(page.entries.length)
        after = page.position
        more = page.more
        if (!more)
          assert.deepEqual([page.entries.at(-1)?.body, Number(page.entries.at(-1)?.bytes) > 19_000], [undefined, true])
      }
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        6,
      )
      assert.ok(sizes.length > 2)
    })
  })
}

suite('the history of channels', () => {
  test('names what is not kept any more', async () => {
    await using server = await startHub({ channels: [{ pattern: '**', history: { messages: 2, ageMs: 60_000 } }] })
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('channel:a', 1)
    const { position } = (await call(alice, 'history', { channel: 'a' })) as HistoryPage
    for (let n = 2; n <= 5; n++) await alice.publish('channel:a', n)
    const page = await server.hub.history({ channel: 'a', after: position })
    assert.deepEqual(page.gaps, [{ stream: 'channel:a', from: position.seq, to: position.seq + 2, reason: 'trimmed' }])
    assert.deepEqual(bodiesOf(page), ['text 4', 'text 5'])
    const other = await server.hub.history({ channel: 'a', after: { epoch: 'other', seq: 3 } })
    assert.deepEqual([bodiesOf(other).length, other.gaps[0]?.reason], [2, 'epoch'])
  })

  test('is for those who may subscribe, that of others for who may administer the hub', async () => {
    const some = [{ operations: ['subscribe'], addresses: ['channel:a.*'] }] as const
    const admin = [{ operations: ['request', 'administer'], addresses: ['hub'] }] as const
    await using server = await startGuardedHub({ alice: some, root: admin })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using root = await RawPeer.login(server.url, 'root')
    await server.hub.send('channel:a.x', 'hello')
    assert.deepEqual(bodiesOf(await call(alice, 'history', { channel: 'a.x' })), ['hello'])
    assert.equal(await call(alice, 'history', { channel: 'b' }), 'forbidden')
    assert.equal(await call(root, 'history', { channel: 'a.x' }), 'forbidden')
    assert.equal(await call(alice, 'hub.history', { channel: 'a.x' }), 'forbidden')
    assert.equal(await call(alice, 'hub.channels'), 'forbidden')
    assert.deepEqual(bodiesOf(await call(root, 'hub.history', { channel: 'a.x' })), ['hello'])
  })

  test('is asked for in the right words', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const wrong: readonly (readonly [unknown, string])[] = [
      [undefined, 'invalid_body'],
      [{ channel: 1 }, 'invalid_body'],
      [{ channel: 'a', limit: 0 }, 'invalid_body'],
      [{ channel: 'a', last: 1001 }, 'invalid_body'],
      [{ channel: 'a', after: 'start' }, 'invalid_body'],
      [{ channel: 'a', after: { epoch: 'e', seq: 1 }, last: 1 }, 'invalid_option'],
      [{ channel: 'a.*' }, 'invalid_address'],
      [{ channel: '' }, 'invalid_address'],
    ]
    for (const [body, code] of wrong) assert.equal(await call(alice, 'history', body), code, JSON.stringify(body))
    await assert.rejects(server.hub.history({ channel: 'a', limit: 1.5 }), { code: 'invalid_option' })
    for (const last of [0, 1001])
      await assert.rejects(server.hub.history({ channel: 'a', last }), { code: 'invalid_option' })
  })

  test('reads from the store about as much as it tells, and all of it page by page', async () => {
    const inner = new MemoryInboxStore()
    let read = 0
    const store = changedStore(inner, {
      readLog: async (...wanted) => {
        const page = await inner.readLog(...wanted)
        read += page.entries.length
        return page
      },
    })
    await using server = await startHub({ store })
    for (let n = 1; n <= 50; n++) await server.hub.send('channel:a', `${n} ${'x'.repeat(100_000)}`)
    const short = await server.hub.history({ channel: 'a', limit: 1000 })
    assert.deepEqual([short.entries.length, short.more, read < 20], [2, true, true])
    for (let n = 1; n <= 50; n++) await server.hub.send('channel:b', `${n}`)
    const long = await server.hub.history({ channel: 'b', limit: 40 })
    const rest = await server.hub.history({ channel: 'b', after: long.position })
    assert.deepEqual([long.entries.length, long.more, rest.entries.length, rest.more], [40, true, 10, false])
    assert.deepEqual(bodiesOf(rest)[0], '41')
  })

  test('reads no message to find where the last so many begin', async () => {
    const inner = new MemoryInboxStore()
    let read = 0
    const store = changedStore(inner, {
      readLog: async (...wanted) => {
        const page = await inner.readLog(...wanted)
        read += page.entries.length
        return page
      },
    })
    await using server = await startHub({ store })
    // Other channels lie between them.
    for (let n = 1; n <= 60; n++) await server.hub.send(`channel:${n % 3 === 0 ? 'a' : 'b'}`, `${n}`)
    const page = await server.hub.history({ channel: 'a', last: 15, limit: 1 })
    assert.deepEqual([bodiesOf(page), page.more, read], [['18'], true, 1])
    const all = await server.hub.history({ channel: 'a', last: 1000, limit: 1 })
    assert.deepEqual([bodiesOf(all), read], [['3'], 2])
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'subscribe', id: 's1', to: 'channel:*', last: 2 })
    assert.deepEqual([(await alice.next('deliver')).body, (await alice.next('deliver')).body], ['59', '60'])
    assert.equal(read, 4)
  })

  test('tells what was trimmed while it was read as the gap of its next page', async () => {
    const inner = new MemoryInboxStore()
    let meanwhile: (() => Promise<unknown>) | undefined
    const store = changedStore(inner, {
      readLog: async (...wanted) => {
        const page = await inner.readLog(...wanted)
        const then = meanwhile
        meanwhile = undefined
        await then?.()
        return page
      },
    })
    await using server = await startHub({
      store,
      channels: [{ pattern: '**', history: { messages: 30, ageMs: 60_000 } }],
    })
    const publish = async (from: number, to: number): Promise<void> => {
      for (let n = from; n <= to; n++) await server.hub.send('channel:a', `${n}`)
    }
    await publish(1, 30)
    const { position } = await server.hub.history({ channel: 'a', limit: 1 })
    meanwhile = () => publish(31, 50)
    const page = await server.hub.history({ channel: 'a', after: position })
    assert.deepEqual([bodiesOf(page).at(-1), page.more, page.gaps], ['17', true, []])
    const next = await server.hub.history({ channel: 'a', after: page.position })
    assert.deepEqual([bodiesOf(next)[0], bodiesOf(next).at(-1), next.more], ['21', '50', false])
    assert.deepEqual(
      next.gaps.map(({ reason }) => reason),
      ['trimmed'],
    )
  })

  test('hides what a rule hides', async () => {
    await using server = await startHub({ channels: [{ pattern: 'secret', history: false }] })
    await server.hub.send('channel:secret', 'psst')
    const page = await server.hub.history({ channel: 'secret' })
    assert.deepEqual([page.entries, page.more], [[], false])
  })
})

suite('the channels of a hub', () => {
  test('are listed with what is kept of them and how many are subscribed', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [index, to] of ['channel:a.*', 'channel:a.b'].entries()) {
      alice.send({ op: 'subscribe', id: `q${index}`, to })
      await alice.next('subscribe')
    }
    await server.hub.send('channel:a.b', 'one')
    await server.hub.send('channel:a.b', 'two')
    await server.hub.send('channel:c', 'three', { retain: true })
    const page = (await call(alice, 'hub.channels')) as Frame
    const infos = (page.channels as Frame[]).map(({ channel, messages, subscribers, ts }) => [
      channel,
      messages,
      subscribers,
      ts,
    ])
    const now = server.clock.now()
    assert.deepEqual(infos, [
      ['a.b', 2, 2, now],
      ['c', 1, 0, now],
    ])
    assert.deepEqual([page.more, page.subscriptions], [false, 2])
    const last = await server.hub.channels({ after: 'a.b', limit: 1 })
    assert.deepEqual([last.channels.map(({ channel }) => channel), last.more], [['c'], false])
    alice.send({ op: 'subscribe', id: 'r', to: 'channel:c' })
    assert.deepEqual((await alice.next(({ retained }) => retained === true)).body, 'three')
    await assert.rejects(server.hub.send('alice', 'x', { retain: true }), { code: 'invalid_option' })
  })
})
