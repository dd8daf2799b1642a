import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Batch, type Delivery, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { CrossCommClient } from './cross-comm-peer.ts'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, visit } from './start-hub.ts'

/** Adds so many members that nobody has ever seen. */
async function fill(server: RunningHub, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => server.hub.groups.add('team', `extra ${index}`)))
}

async function join(peer: RawPeer): Promise<void> {
  peer.send({ op: 'join', id: 'q', to: 'group:team' })
  await peer.next('join')
}

function gist({ stream, to, body }: Frame): unknown {
  return [stream, to, body]
}

async function bodies(peer: RawPeer, count: number): Promise<unknown[]> {
  return (await peer.deliveries(count)).map(({ body }) => body)
}

async function deliveredSoFar(peer: RawPeer): Promise<Frame[]> {
  return (await peer.settled()).filter(({ op }) => op === 'deliver')
}

suite('a large group', () => {
  test('gets its messages to members that are there, in a stream of its own, and to its sender nothing', async () => {
    await using server = await startHub()
    const alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    for (const peer of [alice, bob]) await join(peer)
    await alice.publish('group:team', 1)
    await fill(server, 63)
    await alice.publish('group:team', 2)
    await bob.publish('group:team', 1, { body: 'from bob' })
    const frames = await bob.deliveries(2)
    assert.deepEqual(frames.map(gist), [
      [undefined, 'group:team', 'text 1'],
      ['group:team', 'group:team', 'text 2'],
    ])
    assert.deepEqual((await alice.deliveries(1)).map(gist), [['group:team', 'group:team', 'from bob']])
    assert.deepEqual([...(await deliveredSoFar(alice)), ...(await deliveredSoFar(bob))], [])
    for (const peer of [alice, bob]) await peer.cut()
  })

  test('keeps one copy of a message for 10,000 members that are away', async () => {
    const commits: Batch[] = []
    const inner = new MemoryInboxStore()
    const store = changedStore(inner, {
      commit: (batch) => {
        commits.push(batch)
        return inner.commit(batch)
      },
    })
    await using server = await startHub({ store })
    await fill(server, 10_000)
    commits.length = 0
    await server.hub.send('group:team', 'hello')
    const appends = commits.flatMap((batch) => batch.appends) as Delivery[]
    assert.deepEqual(
      appends.map(({ recipients, log }) => [recipients, log !== undefined]),
      [[[], true]],
    )
    await using late = await RawPeer.login(server.url, 'extra 9999')
    assert.deepEqual(gist(await late.next('deliver')), ['group:team', 'group:team', 'hello'])
  })

  test('waits for members that are away, with and without a session, each from where it was', async () => {
    await using server = await startHub()
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await join(bob)
    await fill(server, 70)
    await server.hub.send('group:team', 'one')
    const first = await bob.next('deliver')
    bob.send({ op: 'ack', stream: 'group:team', seq: first.seq })
    await bob.settled()
    await bob.cut()
    await noticed(server, 'bob')
    await server.hub.send('group:team', 'two')
    const positions = { ...(welcome.positions as Frame), 'group:team': { epoch: 'any', seq: first.seq } }
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: resume(welcome, positions) })
    assert.equal(again.resumed, true)
    const two = await back.next('deliver')
    assert.equal(two.body, 'two')
    back.send({ op: 'ack', stream: 'group:team', seq: two.seq }, { op: 'bye' })
    await back.closed()
    await server.hub.send('group:team', 'three')
    const [fresh, anew] = await RawPeer.welcomed(server.url, 'bob')
    assert.deepEqual([anew.resumed, (anew.positions as Record<string, Frame>)['group:team']?.seq], [false, two.seq])
    assert.deepEqual(await bodies(fresh, 1), ['three'])
    await fresh.cut()
  })

  test('begins for who joins it with what comes from then on, and ends for who leaves', async () => {
    await using server = await startHub()
    await fill(server, 70)
    await server.hub.send('group:team', 'before')
    await using bob = await RawPeer.login(server.url, 'bob')
    await join(bob)
    await server.hub.groups.add('team', 'carol')
    await server.hub.send('group:team', 'during')
    assert.deepEqual(await bodies(bob, 1), ['during'])
    bob.send({ op: 'leave', id: 'q', to: 'group:team' })
    await bob.next('leave')
    await server.hub.send('group:team', 'after')
    assert.deepEqual(await deliveredSoFar(bob), [])
    await join(bob)
    await server.hub.send('group:team', 'again')
    assert.deepEqual(await bodies(bob, 1), ['again'])
    await using carol = await RawPeer.login(server.url, 'carol')
    assert.deepEqual(await bodies(carol, 3), ['during', 'after', 'again'])
    await server.hub.groups.end('team')
    await assert.rejects(server.hub.send('group:team', 'gone'), { code: 'unknown_recipient' })
  })

  test('that is made anew has nothing of the one before, although its members come all at once', async () => {
    await using server = await startHub()
    await fill(server, 70)
    await server.hub.send('group:team', 'old')
    await server.hub.groups.end('team')
    const bob = await RawPeer.login(server.url, 'bob')
    await Promise.all([server.hub.groups.add('team', 'bob'), fill(server, 70)])
    await server.hub.send('group:team', 'new')
    assert.deepEqual(await bodies(bob, 1), ['new'])
    await bob.cut()
  })

  test('of qos 0 reaches the members that are connected', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await join(bob)
    await fill(server, 70)
    await server.hub.send('group:team', 'now', { qos: 0 })
    assert.equal((await bob.next('deliver')).seq, undefined)
  })

  test('outlasts the hub, with what each member has not got', async () => {
    const store = new MemoryInboxStore()
    {
      await using server = await startHub({ store })
      await using bob = await RawPeer.login(server.url, 'bob')
      await join(bob)
      await fill(server, 70)
      await server.hub.send('group:team', 'one')
      const first = await bob.next('deliver')
      bob.send({ op: 'ack', stream: 'group:team', seq: first.seq })
      await bob.settled()
    }
    await using server = await startHub({ store })
    await server.hub.send('group:team', 'two')
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual((await bob.deliveries(1)).map(gist), [['group:team', 'group:team', 'two']])
    await using extra = await RawPeer.login(server.url, 'extra 3')
    assert.deepEqual(await bodies(extra, 2), ['one', 'two'])
  })

  test('names what is not kept any more for who was away too long', async () => {
    await using server = await startHub()
    await fill(server, 70)
    await visit(server, 'extra 1')
    for (let n = 0; n < 1010; n++) await server.hub.send('group:team', `text ${n}`)
    const [back, welcome] = await RawPeer.welcomed(server.url, 'extra 1')
    const [gap] = welcome.gaps as Frame[]
    assert.deepEqual([gap?.stream, gap?.reason, Number(gap?.to) - Number(gap?.from)], ['group:team', 'trimmed', 10])
    assert.deepEqual(await bodies(back, 2), ['text 10', 'text 11'])
    await back.cut()
  })
})

suite('a member of a large group that lags behind', () => {
  /** Publishes so much to a full log that as much is trimmed. */
  async function flood(server: RunningHub, count: number): Promise<void> {
    for (let n = 0; n < count; n++) await server.hub.send('group:team', `text ${n}`)
  }

  test('gets on although more is trimmed while it comes', async () => {
    const inner = new MemoryInboxStore()
    let meanwhile: (() => Promise<void>) | undefined
    const store = changedStore(inner, {
      readLog: async (...wanted) => {
        const page = await inner.readLog(...wanted)
        const more = meanwhile
        meanwhile = undefined
        await more?.()
        return page
      },
    })
    await using server = await startHub({ store })
    await fill(server, 70)
    await flood(server, 1010)
    meanwhile = () => flood(server, 5)
    await using late = await RawPeer.login(server.url, 'extra 1')
    assert.deepEqual(await bodies(late, 2), ['text 10', 'text 11'])
  })

  test('is told what is missing until it acknowledges something behind that', async () => {
    await using server = await startHub()
    await fill(server, 70)
    await flood(server, 1003)
    const [first, welcome] = await RawPeer.welcomed(server.url, 'extra 1')
    await first.cut()
    await noticed(server, 'extra 1')
    const unheard = { inbox: (welcome.positions as Frame).inbox }
    const [second, again] = await RawPeer.welcomed(server.url, 'extra 1', { hello: resume(welcome, unheard) })
    assert.deepEqual(again.gaps, welcome.gaps)
    const frame = await second.next('deliver')
    second.send({ op: 'ack', stream: 'group:team', seq: frame.seq })
    await second.settled()
    await second.cut()
    await noticed(server, 'extra 1')
    const [third, told] = await RawPeer.welcomed(server.url, 'extra 1', { hello: resume(again, unheard) })
    assert.deepEqual([told.resumed, told.gaps], [true, undefined])
    await third.cut()
  })
})

suite('a member of a large group that speaks cross_comm', () => {
  test('gets copies, also of what it missed in another dialect, and nothing twice', async () => {
    await using server = await startHub()
    const bob = await RawPeer.login(server.url, 'bob')
    await join(bob)
    await fill(server, 70)
    await server.hub.send('group:team', 'one')
    const first = await bob.next('deliver')
    bob.send({ op: 'ack', stream: 'group:team', seq: first.seq })
    await bob.settled()
    await bob.cut()
    await noticed(server, 'bob')
    await server.hub.send('group:team', 'two')
    await server.hub.send('group:team', 'three')
    const old = await CrossCommClient.login(server.url, 'bob')
    const missed = [await old.next(), await old.next()].map(({ content, to_client_id: to }) => [content, to])
    assert.deepEqual(missed, [
      ['two', 'group:team'],
      ['three', 'group:team'],
    ])
    await server.hub.send('group:team', 'four')
    assert.equal((await old.next()).content, 'four')
    assert.deepEqual(await old.settled(), [])
    old.logout()
    await server.log.line('client logged out')
    await server.hub.send('group:team', 'five')
    await using back = await RawPeer.login(server.url, 'bob')
    const five = await back.next('deliver')
    assert.deepEqual([five.body, five.stream], ['five', undefined])
    await server.hub.send('group:team', 'six')
    assert.deepEqual(gist(await back.next('deliver')), ['group:team', 'group:team', 'six'])
    assert.deepEqual(await deliveredSoFar(back), [])
    await old[Symbol.asyncDispose]()
  })

  test('gets copies also when the group becomes large while it is there', async () => {
    await using server = await startHub()
    await using old = await CrossCommClient.login(server.url, 'old')
    await server.hub.groups.add('team', 'old')
    await fill(server, 70)
    await server.hub.send('group:team', 'one')
    assert.equal((await old.next()).content, 'one')
    old.say('all', 'unheard')
    assert.deepEqual(await old.settled(), [])
  })
})
