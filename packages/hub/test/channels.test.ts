import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { codeOf, type Frame, RawPeer, resume } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

let asked = 0

/** Asks a question about channels and returns the answer to it, of whichever op. */
async function ask(peer: RawPeer, op: 'subscribe' | 'unsubscribe', to: string, fields: Frame = {}): Promise<Frame> {
  const id = `q-${++asked}`
  peer.send({ op, id, to, ...fields })
  return peer.next((frame) => frame.id === id || (frame.about as Frame | undefined)?.id === id)
}

function seqOf(frame: Frame): number {
  return (frame.position as { readonly seq: number }).seq
}

/** What a delivery says: its stream, address and body. */
function gist({ stream, to, body }: Frame): unknown {
  return [stream, to, body]
}

/** Publishes texts, numbered from `n`. */
async function publish(peer: RawPeer, to: string, n: number, count = 1): Promise<void> {
  for (let at = n; at < n + count; at++) assert.equal((await peer.publish(to, at)).state, 'stored')
}

function acknowledge(peer: RawPeer, { stream, seq }: Frame): void {
  peer.send({ op: 'ack', stream, seq })
}

async function bodies(peer: RawPeer, count: number): Promise<unknown[]> {
  return (await peer.deliveries(count)).map(({ body }) => body)
}

async function deliveredSoFar(peer: RawPeer): Promise<Frame[]> {
  return (await peer.settled()).filter(({ op }) => op === 'deliver')
}

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
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 40; n++)
      await publish(alice, n % 5 === 0 ? 'channel:a.even' : n % 3 === 0 ? 'channel:a.odd' : 'bob', n)
    const fitting = Array.from({ length: 40 }, (_, index) => index + 1).filter((n) => n % 5 === 0 || n % 3 === 0)
    await bob.deliveries(40 - fitting.length)
    for (const last of [1, 2, 7, fitting.length, 100]) {
      await ask(bob, 'subscribe', 'channel:a.*', { last })
      const wanted = fitting.slice(-last).map((n) => `text ${n}`)
      assert.deepEqual(await bodies(bob, wanted.length), wanted, `last ${last}`)
      assert.deepEqual(await deliveredSoFar(bob), [])
      await ask(bob, 'unsubscribe', 'channel:a.*')
    }
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
    assert.deepEqual(other.gaps, [{ stream: 'channel:a', from: 0, to: 7, reason: 'epoch' }])
    assert.deepEqual(await bodies(again, 3), ['text 1', 'text 2', 'text 3'])
  })
})

suite('a subscription and its session', () => {
  test('what comes while the connection is lost is delivered when the session resumes', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    const answer = await ask(bob, 'subscribe', 'channel:a')
    await bob.cut()
    await noticed(server, 'bob')
    await publish(alice, 'channel:a', 1, 2)
    const positions = { ...(welcome.positions as Frame), 'channel:a': answer.position }
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome, positions) })
    assert.deepEqual([again.resumed, again.gaps], [true, undefined])
    assert.deepEqual((again.positions as Frame)['channel:a'], answer.position)
    assert.deepEqual(await bodies(back, 2), ['text 1', 'text 2'])
    await back.cut()
  })

  test('ends with it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob')
    await ask(bob, 'subscribe', 'channel:a')
    bob.send({ op: 'bye' })
    await bob.closed()
    const [back, welcome] = await RawPeer.welcomed(server.url, 'bob')
    assert.deepEqual(Object.keys(welcome.positions as Frame), ['inbox', 'all'])
    await publish(alice, 'channel:a', 1)
    assert.deepEqual(await deliveredSoFar(back), [])
    assert.equal((await ask(back, 'subscribe', 'channel:a')).op, 'subscribe')
    await back.cut()
  })

  test('is asked for again by who loses the connection before the answer', async () => {
    const { store, holdCommit } = slowStore()
    await using server = await startHub({ store })
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    const release = holdCommit()
    bob.send({ op: 'subscribe', id: 'q', to: 'channel:a' })
    await bob.settled()
    const back = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome) })
    back.send({ op: 'subscribe', id: 'q2', to: 'channel:a', last: 1 })
    await noticed(server, 'bob')
    release()
    assert.deepEqual(Object.keys((await back.next('welcome')).positions as Frame), ['inbox', 'all'])
    assert.equal((await back.next('subscribe')).id, 'q2')
    await server.hub.send('channel:a', 'hello')
    assert.equal((await back.next('deliver')).body, 'hello')
    await back.cut()
    await bob.cut()
  })

  test('shares the window with all other streams', async () => {
    await using server = await startHub({ limits: { windowMessages: 2 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const to of ['channel:a', 'channel:b']) await ask(bob, 'subscribe', to)
    await publish(alice, 'channel:a', 1)
    await publish(alice, 'channel:b', 2)
    await publish(alice, 'channel:a', 3)
    const [first, second] = await bob.deliveries(2)
    assert.deepEqual([first?.body, second?.body], ['text 1', 'text 2'])
    assert.deepEqual(await deliveredSoFar(bob), [])
    if (second) acknowledge(bob, second)
    assert.deepEqual(await bodies(bob, 1), ['text 3'])
  })

  test('misses nothing without being told: who lags behind what is kept hears of a gap', async () => {
    const channels = [{ pattern: 'a', history: { messages: 5, ageMs: 60_000 } }]
    await using server = await startHub({ channels, limits: { windowMessages: 1 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    const { position } = await ask(bob, 'subscribe', 'channel:a')
    await publish(alice, 'channel:a', 1, 12)
    const first = await bob.next('deliver')
    assert.equal(first.body, 'text 1')
    acknowledge(bob, first)
    assert.equal((await bob.closed()).code, 4101)
    const at = (position as { seq: number }).seq
    const resuming = {
      inbox: (welcome.positions as Frame).inbox,
      'channel:a': { ...(position as Frame), seq: first.seq },
    }
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome, resuming) })
    assert.equal(again.resumed, true)
    assert.deepEqual(again.gaps, [{ stream: 'channel:a', from: at + 1, to: at + 7, reason: 'trimmed' }])
    const next = await back.next('deliver')
    assert.equal(next.body, 'text 8')
    await back.cut()
    // It has learnt of the gap only where it says so.
    const [third, told] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(again, resuming) })
    assert.deepEqual(told.gaps, again.gaps)
    await third.cut()
  })

  test('gets on also where more is trimmed while it resumes', async () => {
    const inner = new MemoryInboxStore()
    let publishMore: (() => Promise<unknown>) | undefined
    const store = changedStore(inner, {
      readLog: async (...wanted) => {
        const page = await inner.readLog(...wanted)
        const more = publishMore
        publishMore = undefined
        await more?.()
        return page
      },
    })
    const channels = [{ pattern: '**', history: { messages: 3, ageMs: 60_000 } }]
    await using server = await startHub({ channels, store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await ask(bob, 'subscribe', 'channel:a')
    await bob.cut()
    await publish(alice, 'channel:a', 1, 5)
    publishMore = () => publish(alice, 'channel:a', 6, 2)
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.equal((again.gaps as Frame[]).length, 1)
    assert.deepEqual(await bodies(back, 5), ['text 3', 'text 4', 'text 5', 'text 6', 'text 7'])
    await back.cut()
  })
})

suite('a message of a channel that is given back', () => {
  test('comes again to that client alone, by its inbox', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const peer of [alice, bob]) await ask(peer, 'subscribe', 'channel:a')
    await publish(alice, 'channel:a', 1, 2)
    const [first, second] = await bob.deliveries(2)
    await alice.deliveries(2)
    bob.send({ op: 'nack', stream: 'channel:a', seq: first?.seq, delayMs: 0 })
    if (second) acknowledge(bob, second)
    const again = await bob.next('deliver')
    assert.deepEqual([again.stream, again.attempt, again.to, again.body], [undefined, 2, 'channel:a', 'text 1'])
    assert.deepEqual(await deliveredSoFar(alice), [])
  })
})

suite('what may be subscribed to', () => {
  const some = [{ operations: ['subscribe', 'send'], addresses: ['channel:a.**', 'channel:b.*'] }] as const

  test('is what is permitted: a pattern that would see more is refused', async () => {
    await using server = await startGuardedHub({ alice: some })
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const to of ['channel:a', 'channel:a.*.c', 'channel:b.*', 'channel:b.x']) {
      assert.equal((await ask(alice, 'subscribe', to)).op, 'subscribe', to)
    }
    for (const to of ['channel:**', 'channel:*', 'channel:b.**', 'channel:*.x', 'channel:c']) {
      assert.equal(codeOf(await ask(alice, 'subscribe', to)), 'forbidden', to)
    }
  })

  test('ends when it is not permitted any more, and its client is told', async () => {
    await using server = await startGuardedHub({ alice: some })
    const [alice, welcome] = await RawPeer.welcomed(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const to of ['channel:a.x', 'channel:b.*']) await ask(alice, 'subscribe', to)
    server.permit('alice', [{ operations: ['subscribe'], addresses: ['channel:a.*'] }])
    const error = await alice.next('error')
    assert.deepEqual([error.code, error.about], ['forbidden', { op: 'subscribe', to: 'channel:b.*' }])
    await publish(bob, 'channel:b.x', 1)
    await publish(bob, 'channel:a.x', 2)
    assert.deepEqual(await bodies(alice, 1), ['text 2'])
    await alice.cut()
    await noticed(server, 'alice')
    server.permit('alice', [])
    await publish(bob, 'channel:a.x', 3)
    const [back, again] = await RawPeer.welcomed(server.url, 'alice', { hello: resume(welcome) })
    assert.deepEqual([again.resumed, Object.keys(again.positions as Frame)], [true, ['inbox', 'all']])
    assert.deepEqual((await back.next('error')).about, { op: 'subscribe', to: 'channel:a.x' })
    assert.deepEqual(await deliveredSoFar(back), [])
    await back.cut()
  })

  test('is judged again when the answer is due', async () => {
    const { store, holdCommit } = slowStore()
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const release = holdCommit()
    alice.send({ op: 'subscribe', id: 'q', to: 'channel:a' }, { op: 'unsubscribe', id: 'r', to: 'channel:a' })
    await alice.settled()
    release()
    assert.equal((await alice.next('subscribe')).id, 'q')
    assert.equal((await alice.next('unsubscribe')).id, 'r')
    await server.hub.send('channel:a', 'hello')
    assert.deepEqual(await deliveredSoFar(alice), [])
  })
})

suite('what a channel retains', () => {
  async function retain(peer: RawPeer, to: string, n: number, fields: Frame): Promise<void> {
    const answer = await peer.publish(to, n, { retain: true, ...fields })
    assert.equal(answer.state, 'stored', JSON.stringify(answer))
  }

  for (const dialect of ['json', 'msgpack'] as const) {
    test(`is the last value that asked for it, told to who subscribes, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob')
      await retain(alice, 'channel:t.kitchen', 1, { body: '19' })
      await retain(alice, 'channel:t.kitchen', 2, { body: '20', headers: { unit: 'C' } })
      await retain(alice, 'channel:t.hall', 3, {
        type: 'bytes',
        body: dialect === 'json' ? 'AQI=' : new Uint8Array([1, 2]),
      })
      await publish(alice, 'channel:t.kitchen', 4)
      const { position } = await ask(bob, 'subscribe', 'channel:t.*')
      const [kitchen, hall] = await bob.deliveries(2)
      assert.deepEqual(
        [kitchen?.body, kitchen?.retained, kitchen?.stream, kitchen?.headers, kitchen?.seq],
        ['20', true, 'channel:t.*', { unit: 'C' }, undefined],
      )
      assert.equal(hall?.body, 'AQI=')
      assert.deepEqual(await deliveredSoFar(bob), [])
      await retain(alice, 'channel:t.kitchen', 5, { body: '21' })
      const live = await bob.next('deliver')
      assert.deepEqual([live.body, live.retained], ['21', undefined])
      await ask(bob, 'unsubscribe', 'channel:t.*')
      await ask(bob, 'subscribe', 'channel:t.*', { after: position, retained: false })
      assert.deepEqual(await bodies(bob, 1), ['21'])
    })

    test(`is taken away by an empty body, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob')
      const empty: readonly Frame[] = [
        { type: 'text', body: '' },
        { type: 'bytes', body: dialect === 'json' ? '' : new Uint8Array() },
        { type: 'x-nothing', body: null },
      ]
      let n = 0
      for (const fields of empty) {
        await retain(alice, 'channel:a', ++n, { body: 'value' })
        await retain(alice, 'channel:a', ++n, fields)
        await ask(bob, 'subscribe', 'channel:a')
        assert.deepEqual(await deliveredSoFar(bob), [])
        await ask(bob, 'unsubscribe', 'channel:a')
      }
    })
  }

  test('comes before history, which does not repeat it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await retain(alice, 'channel:a.old', 1, { body: 'old' })
    await publish(alice, 'channel:a.new', 2)
    await retain(alice, 'channel:a.new', 3, { body: 'new' })
    await ask(bob, 'subscribe', 'channel:a.*', { last: 2 })
    const frames = await bob.deliveries(3)
    assert.deepEqual(
      frames.map(({ body, retained }) => [body, retained]),
      [
        ['old', true],
        ['text 2', undefined],
        ['new', undefined],
      ],
    )
    assert.deepEqual(await deliveredSoFar(bob), [])
  })

  test('is more than a slow reader can be sent at once, and what is live waits behind it', async () => {
    await using server = await startHub({ sendQueue: { softBytes: 20_000, hardBytes: 300_000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 60; n++) await retain(alice, `channel:a.${n}`, n, { body: `${n} ${'x'.repeat(10_000)}` })
    bob.raw.socket.pause()
    bob.send({ op: 'subscribe', id: 'q', to: 'channel:a.*' })
    await retain(alice, 'channel:a.1', 61, { body: 'newest' })
    bob.raw.socket.resume()
    const frames = await bob.deliveries(60)
    assert.ok(frames.every(({ retained }) => retained === true))
    const rest = await deliveredSoFar(bob)
    const newest = [...frames, ...rest].filter(({ body }) => body === 'newest')
    assert.equal(newest.length, 1)
    assert.equal([...frames, ...rest].at(-1)?.to === 'channel:a.1', rest.length > 0)
  })

  test('goes with qos 1 to a channel only', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await alice.publish('alice', 1, { retain: true })), 'invalid_field')
    alice.send({ op: 'send', id: 'live', to: 'channel:a', type: 'text', body: 'x', qos: 0, retain: true })
    assert.equal(codeOf(await alice.next('error')), 'invalid_field')
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
