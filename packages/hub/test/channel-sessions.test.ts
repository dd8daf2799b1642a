import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { acknowledge, ask, bodies, deliveredSoFar, publish } from './channel-peers.ts'
import { codeOf, type Frame, RawPeer, resume } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, startHub } from './start-hub.ts'

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

suite('a subscription and a hub that is started anew', () => {
  test('goes on where it was, with what was published before and after', async () => {
    const store = new MemoryInboxStore()
    let welcome: Frame
    let positions: Frame
    {
      await using server = await startHub({ store })
      const [bob, first] = await RawPeer.welcomed(server.url, 'bob')
      welcome = first
      await ask(bob, 'subscribe', 'channel:a.*')
      await ask(bob, 'subscribe', 'channel:b')
      await ask(bob, 'unsubscribe', 'channel:b')
      await server.hub.send('channel:a.x', 'one')
      await server.hub.send('channel:a.x', 'two')
      const [one] = await bob.deliveries(2)
      if (one) acknowledge(bob, one)
      await bob.settled()
      const { epoch } = (welcome.positions as Record<string, Frame>).inbox ?? {}
      positions = { ...(welcome.positions as Frame), 'channel:a.*': { epoch, seq: one?.seq } }
    }
    await using server = await startHub({ store })
    await server.hub.send('channel:a.y', 'three')
    await server.hub.send('channel:b', 'unheard')
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome, positions) })
    assert.deepEqual([again.resumed, again.gaps], [true, undefined])
    assert.deepEqual((again.positions as Frame)['channel:a.*'], positions['channel:a.*'])
    assert.deepEqual(await bodies(back, 2), ['two', 'three'])
    await server.hub.send('channel:a.x', 'four')
    assert.deepEqual(await bodies(back, 1), ['four'])
    await back.cut()
  })

  test('begins behind the position at which it was confirmed, also before anything was acknowledged', async () => {
    const store = new MemoryInboxStore()
    let welcome: Frame
    {
      await using server = await startHub({ store })
      await server.hub.send('channel:a', 'before')
      const [bob, first] = await RawPeer.welcomed(server.url, 'bob')
      welcome = first
      await ask(bob, 'subscribe', 'channel:a')
    }
    await using server = await startHub({ store })
    await server.hub.send('channel:a', 'after')
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    assert.equal(again.resumed, true)
    assert.deepEqual(await bodies(back, 1), ['after'])
    await back.cut()
  })

  test('names what was trimmed in between', async () => {
    const store = new MemoryInboxStore()
    const channels = [{ pattern: '**', history: { messages: 2, ageMs: 60_000 } }]
    let welcome: Frame
    {
      await using server = await startHub({ store, channels })
      const [bob, first] = await RawPeer.welcomed(server.url, 'bob')
      welcome = first
      await ask(bob, 'subscribe', 'channel:a')
    }
    await using server = await startHub({ store, channels })
    for (let n = 1; n <= 5; n++) await server.hub.send('channel:a', `text ${n}`)
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome) })
    const [gap] = again.gaps as Frame[]
    assert.deepEqual([gap?.stream, gap?.reason, Number(gap?.to) - Number(gap?.from)], ['channel:a', 'trimmed', 3])
    assert.deepEqual(await bodies(back, 2), ['text 4', 'text 5'])
    await back.cut()
  })

  test('leaves no cursor behind when it ends', async () => {
    const store = new MemoryInboxStore()
    await using server = await startHub({ store })
    await using bob = await RawPeer.login(server.url, 'bob')
    await ask(bob, 'subscribe', 'channel:a')
    const kept = (await store.inspect('bob\nchannel:a')).position.seq
    await ask(bob, 'unsubscribe', 'channel:a')
    await server.hub.send('channel:a', 'moves on')
    const { position, newest } = await store.inspect('bob\nchannel:a')
    assert.ok(position.seq !== kept || newest === kept, `${position.seq} ${kept} ${newest}`)
  })
})
