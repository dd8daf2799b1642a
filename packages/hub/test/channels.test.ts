import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { Arrivals } from './arrivals.ts'
import { acknowledge, ask, bodies, deliveredSoFar, gist, publish, seqOf } from './channel-peers.ts'
import { codeOf, type Frame, RawPeer, resume } from './raw-peer.ts'
import { type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`a channel, in ${dialect}`, () => {
    test('gets what is published in it from now on to whoever is subscribed, in a stream of its own', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      await publish(bob, 'channel:news.local', 1)
      bob.send({ op: 'subscribe', id: 'q', to: 'channel:news.*' })
      const { position, ...answer } = await bob.next('subscribe')
      assert.deepEqual(answer, { op: 'subscribe', id: 'q', to: 'channel:news.*' })
      await publish(alice, 'channel:news.local', 1)
      const frame = await bob.next('deliver')
      assert.deepEqual(gist(frame), ['channel:news.*', 'channel:news.local', 'text 1'])
      assert.equal(frame.from, 'alice')
      assert.ok(Number(frame.seq) > (position as { seq: number }).seq)
      acknowledge(bob, frame)
      await publish(alice, 'channel:sports', 2)
      bob.send({ op: 'unsubscribe', id: 'q', to: 'channel:news.*' })
      assert.deepEqual(await bob.next('unsubscribe'), { op: 'unsubscribe', id: 'q', to: 'channel:news.*' })
      await publish(alice, 'channel:news.local', 3)
      assert.deepEqual(await deliveredSoFar(bob), [])
    })

    test('of qos 0 reaches those who are subscribed and there', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      await ask(bob, 'subscribe', 'channel:**')
      alice.send({ op: 'send', id: 'live', to: 'channel:a.b', type: 'text', body: 'now', qos: 0 })
      const frame = await bob.next('deliver')
      assert.deepEqual(gist(frame), ['channel:**', 'channel:a.b', 'now'])
      assert.equal(frame.seq, undefined)
      assert.deepEqual(await alice.settled(), [])
    })
  })
}

suite('a subscription', () => {
  test('is one copy of each message, also for who published it, and one for each pattern that fits', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['channel:a.b', 'channel:a.*', 'channel:**', 'channel:b.*']) await ask(alice, 'subscribe', to)
    await publish(alice, 'channel:a.b', 1)
    const streams = (await alice.deliveries(3)).map(({ stream }) => stream)
    assert.deepEqual(streams.sort(), ['channel:**', 'channel:a.*', 'channel:a.b'])
    assert.deepEqual(await deliveredSoFar(alice), [])
  })

  test('asked for again changes nothing, and may not be moved', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const first = await ask(alice, 'subscribe', 'channel:a')
    await publish(alice, 'channel:a', 1)
    acknowledge(alice, await alice.next('deliver'))
    const again = await ask(alice, 'subscribe', 'channel:a')
    assert.equal(again.op, 'subscribe')
    assert.equal(seqOf(again), seqOf(first) + 1)
    for (const fields of [{ after: 'start' }, { last: 1 }]) {
      assert.equal(codeOf(await ask(alice, 'subscribe', 'channel:a', fields)), 'unexpected_frame')
    }
    await publish(alice, 'channel:a', 2)
    assert.deepEqual(await bodies(alice, 1), ['text 2'])
    await ask(alice, 'unsubscribe', 'channel:a')
    assert.equal((await ask(alice, 'unsubscribe', 'channel:a')).op, 'unsubscribe')
    assert.equal((await ask(alice, 'unsubscribe', 'channel:never')).op, 'unsubscribe')
    await ask(alice, 'subscribe', 'channel:a', { after: 'start' })
    assert.deepEqual(await bodies(alice, 2), ['text 1', 'text 2'])
  })

  test('needs a pattern, and what is published a name', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['channel:', 'channel:a..b', 'channel:a*', `channel:${'x'.repeat(321)}`]) {
      assert.equal(codeOf(await ask(alice, 'subscribe', to)), 'invalid_address', to)
    }
    assert.equal(codeOf(await ask(alice, 'subscribe', 'channel:a', { prefetch: 1 })), 'invalid_field')
    assert.equal(codeOf(await alice.publish('channel:a.*', 1)), 'invalid_address')
    alice.send({ op: 'send', id: 'live', to: 'channel:*', type: 'text', body: 'now', qos: 0 })
    assert.equal(codeOf(await alice.next('error')), 'invalid_address')
    assert.equal((await alice.publish('channel:nobody.listens', 2)).state, 'stored')
  })

  test('is one of so many', async () => {
    await using server = await startHub({ limits: { subscriptions: 2 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['channel:a', 'channel:b', 'channel:a'])
      assert.equal((await ask(alice, 'subscribe', to)).op, 'subscribe')
    assert.equal(codeOf(await ask(alice, 'subscribe', 'channel:c')), 'limit_reached')
    await ask(alice, 'unsubscribe', 'channel:a')
    assert.equal((await ask(alice, 'subscribe', 'channel:c')).op, 'subscribe')
  })

  test('begins with history where it asks for that, then goes on live, while publishing goes on', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await publish(alice, 'channel:a.x', 1, 150)
    const publishing = publish(alice, 'channel:a.y', 151, 150)
    await ask(bob, 'subscribe', 'channel:a.*', { after: 'start' })
    const all: unknown[] = []
    while (all.length < 300) {
      const frame = await bob.next('deliver')
      all.push(frame.body)
      acknowledge(bob, frame)
    }
    assert.deepEqual(
      all,
      Array.from({ length: 300 }, (_, index) => `text ${index + 1}`),
    )
    await publishing
    assert.deepEqual(await deliveredSoFar(bob), [])
  })

  test('can begin with the newest messages of all its channels together', async () => {
    const inner = new MemoryInboxStore()
    const asked: number[] = []
    const store = changedStore(inner, {
      behindLast: (query, count) => {
        asked.push(count)
        return inner.behindLast(query, count)
      },
    })
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 40; n++)
      await publish(alice, n % 5 === 0 ? 'channel:a.even' : n % 3 === 0 ? 'channel:a.odd' : 'bob', n)
    const fitting = Array.from({ length: 40 }, (_, index) => index + 1).filter((n) => n % 5 === 0 || n % 3 === 0)
    await bob.deliveries(40 - fitting.length)
    for (const last of [1, 2, 7, fitting.length, 5000]) {
      await ask(bob, 'subscribe', 'channel:a.*', { last })
      const wanted = fitting.slice(-last).map((n) => `text ${n}`)
      assert.deepEqual(await bodies(bob, wanted.length), wanted, `last ${last}`)
      assert.deepEqual(await deliveredSoFar(bob), [])
      await ask(bob, 'unsubscribe', 'channel:a.*')
    }
    assert.deepEqual(asked, [1, 2, 7, fitting.length, 1000])
  })

  test('can go on behind a position that it was at before', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob')
    await ask(bob, 'subscribe', 'channel:a')
    await publish(alice, 'channel:a', 1, 3)
    const [, second] = await bob.deliveries(3)
    const { position } = await ask(bob, 'subscribe', 'channel:a')
    await bob.cut()
    await using again = await RawPeer.login(server.url, 'bob', { hello: { producer: 'p2' } })
    const epoch = (position as Frame).epoch
    const answer = await ask(again, 'subscribe', 'channel:a', { after: { epoch, seq: second?.seq } })
    assert.deepEqual([seqOf(answer), answer.gaps], [second?.seq, undefined])
    assert.deepEqual(await bodies(again, 1), ['text 3'])
    await ask(again, 'unsubscribe', 'channel:a')
    const future = await ask(again, 'subscribe', 'channel:a', { after: { epoch, seq: 1_000_000 } })
    assert.ok(seqOf(future) < 100)
    await ask(again, 'unsubscribe', 'channel:a')
    const other = await ask(again, 'subscribe', 'channel:a', { after: { epoch: 'other', seq: 7 } })
    assert.deepEqual(other.gaps, [{ stream: 'channel:a', from: 0, to: 0, reason: 'epoch' }])
    assert.deepEqual(await bodies(again, 3), ['text 1', 'text 2', 'text 3'])
  })
})

suite('what is kept of a channel', () => {
  test('is what the first rule that fits says', async () => {
    await using server: RunningHub & { readonly clock: ManualClock } = await startTimelessHub({
      channels: [
        { pattern: 'a.*', history: { messages: 2, ageMs: 1000 } },
        { pattern: 'a.**', history: { messages: 4, ageMs: 5000 } },
        { pattern: 'secret.**', history: false },
      ],
    })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    const kept = async (to: string): Promise<unknown[]> => {
      await ask(bob, 'subscribe', to, { after: 'start' })
      const found = (await deliveredSoFar(bob)).map(({ body }) => body)
      await ask(bob, 'unsubscribe', to)
      return found
    }
    await publish(alice, 'channel:a.b', 1, 3)
    await publish(alice, 'channel:a.b.c', 4, 5)
    await publish(alice, 'channel:secret.plan', 9, 2)
    await publish(alice, 'channel:other', 11, 3)
    assert.deepEqual(await kept('channel:a.b'), ['text 2', 'text 3'])
    assert.deepEqual(await kept('channel:a.b.c'), ['text 5', 'text 6', 'text 7', 'text 8'])
    assert.deepEqual(await kept('channel:secret.*'), [])
    assert.deepEqual(await kept('channel:other'), ['text 11', 'text 12', 'text 13'])
    server.clock.advance(2000)
    assert.deepEqual(await kept('channel:a.b'), [])
    assert.equal((await kept('channel:a.**')).length, 4)
  })

  test('without history is what subscribers need that are about to resume', async () => {
    await using server = await startHub({ channels: [{ pattern: '**', history: false }] })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await publish(alice, 'channel:a', 1)
    await ask(bob, 'subscribe', 'channel:a', { last: 5 })
    await bob.cut()
    await publish(alice, 'channel:a', 2, 2)
    await using back = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    assert.deepEqual(await bodies(back, 2), ['text 2', 'text 3'])
  })

  test('is refused where a rule makes no sense', async () => {
    for (const rule of [
      { pattern: '', history: false },
      { pattern: 'a*', history: false },
      { pattern: 'a', history: { messages: 0, ageMs: 1 } },
      { pattern: 'a', history: { messages: 1, ageMs: 0.5 } },
    ] as const) {
      await assert.rejects(startHub({ channels: [rule] }), { code: 'invalid_option' })
    }
  })
})

suite('a program with a hub', () => {
  test('hears what clients publish in channels, and not what it publishes itself', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const heard = new Arrivals<readonly [string, unknown]>('a message')
    const listening = server.hub.subscribe('a.*', ({ to, body }) => heard.push([to, body]))
    await publish(alice, 'channel:a.b', 1)
    alice.send({ op: 'send', id: 'live', to: 'channel:a.c', type: 'text', body: 'now', qos: 0 })
    await publish(alice, 'channel:other', 2)
    await server.hub.send('channel:a.b', 'own')
    assert.deepEqual(await heard.take(), ['channel:a.b', 'text 1'])
    assert.deepEqual(await heard.take(), ['channel:a.c', 'now'])
    listening[Symbol.dispose]()
    listening[Symbol.dispose]()
    await publish(alice, 'channel:a.b', 3)
    assert.deepEqual(heard.untaken, [])
    assert.throws(() => server.hub.subscribe('a*', () => undefined), { code: 'invalid_address' })
  })
})
