import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type InboxStore, ManualClock, MemoryInboxStore } from '@posthouse/core'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, startTimelessHub, visit } from './start-hub.ts'

/** A store that outlives its hubs, as the one that uses it now sees it. */
class LastingStore {
  readonly inner: MemoryInboxStore
  #halt: () => void = () => undefined

  constructor(clock?: ManualClock) {
    this.inner = new MemoryInboxStore(clock && { clock })
  }

  /** For the next hub. What the one before it still wants to store is lost, as after a sudden end. */
  next(): InboxStore {
    this.#halt()
    const { inner } = this
    let halted = false
    this.#halt = () => {
      halted = true
    }
    return new Proxy<InboxStore>(inner, {
      get: (_, name) => {
        const value: unknown = Reflect.get(inner, name, inner)
        if (name === 'commit' && halted) return () => Promise.reject(new Error('this hub is dead'))
        return typeof value === 'function' ? value.bind(inner) : value
      },
    })
  }
}

function positionsOf(welcome: Frame): Readonly<Record<string, { readonly epoch: string; readonly seq: number }>> {
  return welcome.positions as Readonly<Record<string, { epoch: string; seq: number }>>
}

function ids(frames: readonly Frame[]): unknown[] {
  return frames.map(({ id }) => id).sort()
}

/** Begins a session of bob, who is sent three messages and acknowledges the first. */
async function beginBob(server: RunningHub): Promise<Frame> {
  await using alice = await RawPeer.login(server.url, 'alice')
  const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
  await alice.publish('bob', 1)
  await alice.publish('bob', 2)
  await alice.publish('all', 3)
  const [first] = await bob.deliveries(3)
  bob.ack(first ?? {})
  await bob.settled()
  // The acknowledgement is in the store once something behind it is.
  await alice.publish('carol', 4).catch(() => undefined)
  return welcome
}

suite('a session that an earlier run of the hub has left', () => {
  for (const [end, name] of [
    ['close', 'was closed'],
    ['drain', 'has drained'],
    ['die', 'has died'],
  ] as const) {
    test(`goes on where it was after the hub ${name}`, async () => {
      const lasting = new LastingStore()
      const first = await startHub({ store: lasting.next() })
      const welcome = await beginBob(first)
      if (end === 'drain') await first.hub.drain({ graceMs: 50 })
      else if (end === 'close') await first.hub.close()
      const store = lasting.next()
      if (end === 'die') await first.hub.close()
      await using second = await startHub({ store })
      await using bob = await RawPeer.hello(second.url, 'bob', { hello: resume(welcome, {}) })
      const back = await bob.next('welcome')
      const [then, now] = [positionsOf(welcome), positionsOf(back)]
      assert.deepEqual([back.resumed, back.session, back.gaps], [true, welcome.session, undefined])
      assert.deepEqual([now.inbox?.epoch, now.all?.seq], [then.inbox?.epoch, then.all?.seq])
      assert.deepEqual(ids(await bob.deliveries(2)), ['m2', 'm3'])
      assert.notEqual(back.resumeToken, welcome.resumeToken)
    })
  }

  test('gets what was sent to everyone before and after the restart', async () => {
    const lasting = new LastingStore()
    const first = await startHub({ store: lasting.next() })
    const welcome = await beginBob(first)
    await first.hub.send('all', 'one', { id: 'one' })
    await first.hub.close()
    await using second = await startHub({ store: lasting.next() })
    await second.hub.send('all', 'two', { id: 'two' })
    await using bob = await RawPeer.login(second.url, 'bob', { hello: resume(welcome) })
    assert.deepEqual(ids(await bob.deliveries(4)), ['m2', 'm3', 'one', 'two'])
  })

  test('takes what its client has processed meanwhile as acknowledged, but not what it cannot have been sent', async () => {
    const lasting = new LastingStore()
    const first = await startHub({ store: lasting.next() })
    const welcome = await beginBob(first)
    await first.hub.close()
    await using second = await startHub({ store: lasting.next() })
    await second.hub.send('bob', 'new', { id: 'new' })
    const { epoch } = positionsOf(welcome).inbox ?? {}
    const positions = {
      inbox: { epoch, seq: 999 },
      all: { epoch: 'another', seq: 999 },
      'channel:x': { epoch, seq: 1 },
    }
    await using bob = await RawPeer.hello(second.url, 'bob', { hello: resume(welcome, positions) })
    const back = await bob.next('welcome')
    const all = positionsOf(back).all?.seq
    assert.deepEqual(back.gaps, [{ stream: 'all', from: 0, to: all, reason: 'epoch' }])
    assert.deepEqual(Object.keys(positionsOf(back)), ['inbox', 'all'])
    assert.deepEqual(ids(await bob.deliveries(2)), ['m3', 'new'])
  })

  test('is resumed by the token before the last too, and by no other', async () => {
    const lasting = new LastingStore()
    const first = await startHub({ store: lasting.next() })
    const welcome = await beginBob(first)
    const [again, newer] = await RawPeer.welcomed(first.url, 'bob', { hello: resume(welcome) })
    await again.cut()
    await first.hub.close()
    await using second = await startHub({ store: lasting.next() })
    await using stranger = await RawPeer.hello(second.url, 'bob', {
      hello: resume({ ...newer, resumeToken: 'x'.repeat(43) }),
    })
    assert.equal((await stranger.next('welcome')).resumed, false)
    await second.hub.close()
    const third = new LastingStore()
    const hub = await startHub({ store: third.next() })
    const begun = await beginBob(hub)
    const [lost] = await RawPeer.welcomed(hub.url, 'bob', { hello: resume(begun) })
    await lost.cut()
    await hub.hub.close()
    await using last = await startHub({ store: third.next() })
    await using bob = await RawPeer.hello(last.url, 'bob', { hello: resume(begun) })
    assert.equal((await bob.next('welcome')).resumed, true)
  })

  test('is not resumed under another producer, nor after its client has said bye', async () => {
    const lasting = new LastingStore()
    const first = await startHub({ store: lasting.next() })
    const [bob, welcome] = await RawPeer.welcomed(first.url, 'bob')
    const [carol, other] = await RawPeer.welcomed(first.url, 'carol')
    carol.send({ op: 'bye' })
    await carol.closed()
    await bob.cut()
    await first.hub.close()
    assert.deepEqual(
      (await lasting.inner.records('session')).map(({ key }) => key),
      ['bob'],
    )
    await using second = await startHub({ store: lasting.next() })
    await using gone = await RawPeer.hello(second.url, 'carol', { hello: resume(other) })
    assert.equal((await gone.next('welcome')).resumed, false)
    await using another = await RawPeer.hello(second.url, 'bob', { hello: { ...resume(welcome), producer: 'p2' } })
    assert.equal((await another.next('welcome')).resumed, false)
  })

  test('that had a connection has all of its time; one that had none, what was left of it', async () => {
    const clock = new ManualClock()
    const lasting = new LastingStore(clock)
    const first = await startTimelessHub({ store: lasting.next() }, clock)
    const [carol, hers] = await RawPeer.welcomed(first.url, 'carol')
    await carol.cut()
    await noticed(first, 'carol')
    const [bob, his] = await RawPeer.welcomed(first.url, 'bob')
    clock.advance(100_000)
    await first.hub.send('bob', 'behind what is kept')
    const store = lasting.next()
    await bob.cut()
    await first.hub.close()
    await using second = await startTimelessHub({ store }, clock)
    clock.advance(30_000)
    await using late = await RawPeer.hello(second.url, 'carol', { hello: resume(hers) })
    assert.equal((await late.next('welcome')).resumed, false)
    clock.advance(80_000)
    await using back = await RawPeer.hello(second.url, 'bob', { hello: resume(his) })
    assert.equal((await back.next('welcome')).resumed, true)
  })

  test('ends when its time is over, and a transient client is forgotten with what waits for it', async () => {
    const clock = new ManualClock()
    const lasting = new LastingStore(clock)
    const first = await startTimelessHub({ store: lasting.next() }, clock)
    await using alice = await RawPeer.login(first.url, 'alice')
    const passer = await RawPeer.login(first.url, 'passer', { hello: { transient: true } })
    await alice.publish('passer', 1)
    await passer.next('deliver')
    const store = lasting.next()
    await first.hub.close()
    const second = await startTimelessHub({ store }, clock)
    assert.equal(second.hub.clients({ online: false }).length, 2)
    clock.advance(121_000)
    assert.deepEqual(
      second.hub.clients({ online: false }).map(({ client }) => client),
      ['alice'],
    )
    await second.hub.close()
    assert.deepEqual(
      [await lasting.inner.records('session'), (await lasting.inner.inspect('passer')).messages],
      [[], 0],
    )
    assert.deepEqual(
      (await lasting.inner.records('client')).map(({ key }) => key),
      ['alice'],
    )
  })

  test('still wants to know who is there, and says what its client said about itself', async () => {
    const clock = new ManualClock()
    const lasting = new LastingStore(clock)
    const first = await startTimelessHub({ store: lasting.next() }, clock)
    const [bob, welcome] = await RawPeer.welcomed(first.url, 'bob')
    bob.send({ op: 'presence', watch: true, state: { mood: 'fine' } })
    await bob.next('presence')
    clock.advance(1000)
    await first.hub.send('bob', 'behind it')
    const store = lasting.next()
    await first.hub.close()
    await using second = await startTimelessHub({ store }, clock)
    await using back = await RawPeer.login(second.url, 'bob', { hello: resume(welcome) })
    const { full, clients } = await back.next('presence')
    assert.deepEqual([full, (clients as readonly Frame[])[0]?.state], [true, { mood: 'fine' }])
    await using _carol = await RawPeer.login(second.url, 'carol')
    assert.deepEqual(((await back.next('presence')).clients as readonly Frame[])[0]?.client, 'carol')
  })

  test('wants to know who is there as soon as that was answered, however soon the hub has died', async () => {
    const clock = new ManualClock()
    const lasting = new LastingStore(clock)
    const first = await startTimelessHub({ store: lasting.next() }, clock)
    const [bob, welcome] = await RawPeer.welcomed(first.url, 'bob')
    bob.send({ op: 'presence', watch: true })
    await bob.next('presence')
    const store = lasting.next()
    await first.hub.close()
    await using second = await startTimelessHub({ store }, clock)
    await using back = await RawPeer.login(second.url, 'bob', { hello: resume(welcome) })
    assert.equal((await back.next('presence')).full, true)
  })

  test('keeps no token that could be stolen from it', async () => {
    const lasting = new LastingStore()
    await using server = await startHub({ store: lasting.next() })
    const [, welcome] = await RawPeer.welcomed(server.url, 'bob')
    const kept = JSON.stringify(await lasting.inner.records('session'))
    assert.ok(kept.includes(String(welcome.session)) && !kept.includes(String(welcome.resumeToken)))
  })

  test('is passed over where the record of it is broken', async () => {
    const lasting = new LastingStore()
    const value = { id: 7 }
    const records = [
      { kind: 'session', key: 'bob', value },
      { kind: 'client', key: 'all', value: { lastSeen: 1 } },
      { kind: 'session', key: 'carol', value: { id: 's', producer: 'p', tokens: [null], state: '{' } },
    ]
    await lasting.inner.commit({ appends: [], acknowledgements: [], records })
    await using server = await startHub({ store: lasting.next() })
    assert.equal((await server.log.line('cannot be read')).fields.client, 'bob')
    assert.deepEqual(
      server.hub.clients({ online: false }).map(({ client }) => client),
      ['carol'],
    )
  })
})

suite('a client that an earlier run of the hub has seen', () => {
  test('is known to the next one, in either dialect, and gets what is sent to it', async () => {
    const lasting = new LastingStore()
    const first = await startHub({ store: lasting.next() })
    await visit(first, 'bob')
    const old = await CrossCommClient.login(first.url, 'old')
    await old[Symbol.asyncDispose]()
    await noticed(first, 'old')
    await first.hub.close()
    await using second = await startHub({ store: lasting.next() })
    await using alice = await RawPeer.login(second.url, 'alice')
    assert.equal((await alice.publish('bob', 1)).state, 'stored')
    assert.equal((await alice.publish('old', 2)).state, 'stored')
    assert.equal(codeOf(await alice.publish('nobody', 3)), 'unknown_recipient')
    await using again = await CrossCommClient.login(second.url, 'old')
    assert.equal((await again.next()).msg_id, 'm2')
  })

  test('can be welcomed while the store is not able to keep its session', async () => {
    const lasting = new LastingStore()
    let broken = false
    const inner = lasting.next()
    const store = new Proxy(inner, {
      get: (_, name) => {
        const value: unknown = Reflect.get(inner, name, inner)
        if (name === 'commit' && broken) return () => Promise.reject(new Error('the disk is full'))
        return value
      },
    })
    const server = await startHub({ store })
    await visit(server, 'bob')
    await server.hub.send('bob', 'waits', { id: 'waits' })
    broken = true
    await using bob = await RawPeer.login(server.url, 'bob', { hello: { producer: 'p2' } })
    assert.equal((await bob.next('deliver')).id, 'waits')
    const [dave, welcome] = await RawPeer.welcomed(server.url, 'dave')
    await dave.cut()
    await noticed(server, 'dave')
    assert.deepEqual(await lasting.inner.records('session', 'dave'), [])
    broken = false
    bob.send({ ...message('all', 1), id: 'to all' })
    assert.equal((await bob.next('sent')).state, 'stored')
    const kept = lasting.next()
    await server.hub.close()
    await using next = await startHub({ store: kept })
    await using again = await RawPeer.hello(next.url, 'dave', { hello: resume(welcome, {}) })
    assert.equal((await again.next('welcome')).resumed, true)
    assert.equal((await again.next('deliver')).id, 'to all')
  })
})
