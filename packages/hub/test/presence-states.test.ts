import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ClientInfo } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { type Frame, message, RawPeer, resume } from './raw-peer.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

/** The clients in a presence or list frame. */
function clientsOf(frame: Frame): readonly ClientInfo[] {
  return frame.clients as readonly ClientInfo[]
}

/** The states in the next presence frame, by id. */
async function states(watcher: RawPeer): Promise<unknown> {
  const frame = await watcher.next('presence')
  return clientsOf(frame).map(({ client, state }) => [client, state])
}

/** Begins to watch and takes the snapshot away. */
async function watch(peer: RawPeer): Promise<Frame> {
  peer.send({ op: 'presence', watch: true })
  return peer.next('presence')
}

/** Reads presence until `wanted` holds of the number that each state begins with; says whether all was told anew. */
async function followed(watcher: RawPeer, wanted: (known: ReadonlyMap<string, unknown>) => boolean): Promise<boolean> {
  const known = new Map<string, unknown>()
  let anew = false
  while (!wanted(known)) {
    const frame = await watcher.next('presence')
    if (frame.full === true) known.clear()
    anew ||= frame.full === true
    for (const { client, state } of clientsOf(frame)) known.set(client, Number.parseInt(String(state), 10))
  }
  return anew
}

const rich = { mode: 'busy', cpu: 0.25, jobs: [1, null, true, 'å'], '': {} }

suite('the state of a client', () => {
  test('is seen in both dialects, whichever it was said in', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using packed = await RawPeer.login(server.url, 'packed', { dialect: 'msgpack' })
    for (const peer of [alice, packed]) await watch(peer)
    alice.send({ op: 'presence', state: rich })
    for (const peer of [alice, packed]) assert.deepEqual(await states(peer), [['alice', rich]])
    packed.send({ op: 'presence', state: 2 ** 40 })
    for (const peer of [alice, packed]) assert.deepEqual(await states(peer), [['packed', 2 ** 40]])
    alice.send({ op: 'list', id: 'q' })
    assert.deepEqual(
      clientsOf(await alice.next('list')).map(({ state }) => state),
      [rich, 2 ** 40],
    )
    assert.deepEqual(
      server.hub.clients().map(({ state }) => state),
      [rich, 2 ** 40],
    )
  })

  test('is taken back with null, and told once where it changes more often in one moment', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await watch(alice)
    bob.send({ op: 'presence', state: 1 }, { op: 'presence', state: 2 }, { op: 'presence', state: 'three' })
    assert.deepEqual(await states(alice), [['bob', 'three']])
    bob.send({ op: 'presence', state: 'three' })
    await bob.settled()
    bob.send({ op: 'presence', state: null })
    assert.deepEqual(await states(alice), [['bob', undefined]])
    assert.deepEqual(await alice.settled(), [])
  })

  test('is told twenty times in a second at most, whoever comes or goes at once', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await watch(alice)
    const say = async (state: unknown): Promise<void> => {
      bob.send({ op: 'presence', state })
      await bob.settled()
    }
    server.clock.advance(50)
    await say(1)
    assert.deepEqual(await states(alice), [['bob', 1]])
    for (const state of [2, 3]) await say(state)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(50)
    assert.deepEqual(await states(alice), [['bob', 3]])
    await say(4)
    await using _carol = await RawPeer.login(server.url, 'carol')
    assert.deepEqual(await states(alice), [
      ['bob', 4],
      ['carol', undefined],
    ])
    server.clock.advance(50)
    assert.deepEqual(await alice.settled(), [])
  })

  test('comes with the wish to watch in one frame, and is in its snapshot', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'presence', watch: true, state: 'here' })
    assert.deepEqual(await states(alice), [['alice', 'here']])
    assert.deepEqual(await alice.settled(), [])
  })

  test('lasts as long as the session, and is not shown while the client is away', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await watch(alice)
    bob.send({ op: 'presence', state: 'here' })
    assert.deepEqual(await states(alice), [['bob', 'here']])
    await bob.cut()
    assert.deepEqual(await states(alice), [['bob', undefined]])
    const again = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    assert.deepEqual(await states(alice), [['bob', 'here']])
    await again.cut()
    await alice.next('presence')
    await using _fresh = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(await states(alice), [['bob', undefined]])
  })

  for (const [what, state] of Object.entries({
    'is too long': 'x'.repeat(4095),
    'is too long in UTF-8': 'å'.repeat(2048),
    'is nested too deep': JSON.parse('['.repeat(17) + ']'.repeat(17)),
    'has half a surrogate pair': ['\ud800'],
    'has a half one in a name': { '\ud800': 1 },
    'has a member __proto__': JSON.parse('{"__proto__": 1}'),
  })) {
    test(`that ${what} is refused, and the one before stays`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice')
      alice.send({ op: 'presence', state: 'before' }, { op: 'presence', state })
      const error = await alice.next('error')
      assert.deepEqual([error.code, error.about], ['invalid_field', { op: 'presence' }])
      assert.deepEqual(
        server.hub.clients().map(({ state }) => state),
        ['before'],
      )
    })
  }

  test('that MessagePack can say and JSON cannot is refused', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    for (const state of [new Uint8Array(3), { at: [Number.NaN] }, Number.POSITIVE_INFINITY]) {
      alice.send({ op: 'presence', state })
      assert.equal((await alice.next('error')).code, 'invalid_field')
    }
    alice.send({ op: 'presence', state: 'x'.repeat(4094) })
    await alice.settled()
    assert.equal(String(server.hub.clients()[0]?.state).length, 4094)
  })

  test('is on pages that fit into a frame', async () => {
    await using server = await startHub({ limits: { frameBytes: 65_536, bodyBytes: 1000 } })
    const peers = await Promise.all(Array.from({ length: 40 }, (_, index) => RawPeer.login(server.url, `p${index}`)))
    for (const peer of peers) {
      peer.send({ op: 'presence', state: 'x'.repeat(4000) })
      await peer.settled()
    }
    const [first] = peers
    first?.send({ op: 'list', id: 'q' })
    let listed = 0
    for (let more = true; more; ) {
      const frame = await first?.next('list')
      assert.ok(frame && JSON.stringify(frame).length < 65_536)
      listed += clientsOf(frame).length
      more = frame.more === true
    }
    assert.equal(listed, 40)
    for (const peer of peers) await peer.cut()
  })
})

suite('the generation of a client', () => {
  test('grows with every login, in every dialect', async () => {
    await using server = await startTimelessHub()
    const now = server.clock.now()
    const generation = (): unknown => server.hub.clients({ online: false }).map((info) => info.generation)
    const [first, welcome] = await RawPeer.welcomed(server.url, 'alice')
    assert.deepEqual(generation(), [now])
    await using _second = await RawPeer.login(server.url, 'alice', { hello: resume(welcome) })
    await first.closed()
    assert.deepEqual(generation(), [now + 1])
    await using old = await CrossCommClient.login(server.url, 'alice')
    assert.deepEqual(generation(), [now + 2])
    server.clock.advance(1000)
    await old.login()
    assert.deepEqual(generation(), [now + 1000])
  })

  test('goes on growing when the client was forgotten', async () => {
    await using server = await startTimelessHub()
    await using watcher = await RawPeer.login(server.url, 'watcher')
    await watch(watcher)
    const generations: unknown[] = []
    for (let life = 0; life < 2; life++) {
      server.clock.advance(1)
      const brief = await RawPeer.login(server.url, 'brief', { hello: { transient: true } })
      const [came] = clientsOf(await watcher.next('presence'))
      brief.send({ op: 'bye' })
      await brief.closed()
      const [went] = clientsOf(await watcher.next('presence'))
      assert.equal(came?.generation, went?.generation)
      generations.push(came?.generation)
    }
    assert.deepEqual(generations, [server.clock.now() - 1, server.clock.now()])
  })
})

suite('last seen', () => {
  test('is when the connection ended, or the last sign of one that was closed for its silence', async () => {
    await using server = await startTimelessHub({ heartbeatTimeoutMs: 40_000 })
    const start = server.clock.now()
    await using silent = await RawPeer.login(server.url, 'silent', { autoPong: false })
    await using old = await CrossCommClient.login(server.url, 'old', { autoPong: false })
    await using leaving = await CrossCommClient.login(server.url, 'leaving')
    await using polite = await RawPeer.login(server.url, 'polite')
    server.clock.advance(10_000)
    leaving.logout()
    await leaving.settled()
    polite.send({ op: 'bye' })
    await noticed(server, 'polite')
    for (let second = 0; second < 100; second++) server.clock.advance(1000)
    await Promise.all([silent.closed(), old.closed()])
    await noticed(server, 'silent')
    await noticed(server, 'old')
    assert.deepEqual(
      server.hub.clients({ online: false }).map(({ client, lastSeen }) => [client, lastSeen - start]),
      [
        ['leaving', 10_000],
        ['old', 0],
        ['polite', 10_000],
        ['silent', 0],
      ],
    )
  })

  test('is told once where a client is closed for its silence', async () => {
    await using server = await startTimelessHub({ heartbeatTimeoutMs: 40_000 })
    const start = server.clock.now()
    await using _silent = await RawPeer.login(server.url, 'silent')
    server.clock.advance(20_000)
    await using watcher = await RawPeer.login(server.url, 'watcher')
    await watch(watcher)
    server.clock.advance(21_000)
    await noticed(server, 'silent')
    const [went] = clientsOf(await watcher.next('presence'))
    assert.deepEqual([went?.client, went?.online, went?.lastSeen], ['silent', false, start])
    assert.deepEqual(
      (await watcher.settled()).filter(({ op }) => op === 'presence'),
      [],
    )
  })
})

suite('a watcher of presence', () => {
  test('that reads too slowly is told everything anew, and costs no more than its send queue', async () => {
    await using server = await startTimelessHub({ sendQueue: { softBytes: 60_000, hardBytes: 600_000 } })
    await using slow = await RawPeer.login(server.url, 'slow')
    const busy = await Promise.all(Array.from({ length: 20 }, (_, index) => RawPeer.login(server.url, `b${index}`)))
    await watch(slow)
    await slow.settled()
    slow.raw.stall()
    await using sender = await RawPeer.login(server.url, 'sender')
    const long = { ...message('slow', 0), n: undefined, qos: 0, body: 'x'.repeat(40_000) }
    const dropped = async (): Promise<number> => {
      sender.send(long, long, long)
      await sender.settled()
      return (await server.hub.stats()).counters.liveDropped ?? 0
    }
    // What is only about to be written counts, too: the buffers are full when nothing gets through again and again.
    for (let full = 0, before = 0; full < 20; ) {
      const now = await dropped()
      full = now - before === 3 ? full + 1 : 0
      before = now
    }
    let round = 0
    while (round < 20) {
      const state = `${++round} ${'x'.repeat(4000)}`
      for (const peer of busy) peer.send({ op: 'presence', state })
      await Promise.all(busy.map((peer) => peer.settled()))
      server.clock.advance(50)
      assert.ok(server.hub.queuedBytes < 250_000)
    }
    // The last states have been told as far as they can be once the hub has answered something else.
    await sender.settled()
    slow.raw.unstall()
    assert.ok(await followed(slow, (known) => busy.every(({ client }) => known.get(client) === round)))
    for (const peer of busy) await peer.cut()
  })

  test('is not told that a client was forgotten that had gone before', async () => {
    await using server = await startHub({ maxClients: 2 })
    await visit(server, 'oldest')
    const [gone] = await RawPeer.welcomed(server.url, 'oldest')
    gone.send({ op: 'bye' })
    await noticed(server, 'oldest')
    await using alice = await RawPeer.login(server.url, 'alice')
    await watch(alice)
    await using _bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      clientsOf(await alice.next('presence')).map(({ client }) => client),
      ['bob'],
    )
    assert.equal(server.hub.clients({ online: false }).length, 2)
    assert.deepEqual(await alice.settled(), [])
  })
})

suite('the hub itself', () => {
  test('is told who came, went, or changed its state, until it no longer wants to be', async () => {
    await using server = await startHub()
    const told: unknown[] = []
    const first = server.hub.onPresence((clients) => {
      for (const { client, online, state } of clients) told.push([client, online, state])
    })
    using _broken = server.hub.onPresence(() => {
      throw new Error('broken')
    })
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'presence', state: 7 })
    await alice.settled()
    await visit(server, 'bob')
    await alice.settled()
    first[Symbol.dispose]()
    await visit(server, 'carol')
    await server.log.line('a handler of presence failed')
    assert.deepEqual(told, [
      ['alice', true, undefined],
      ['alice', true, 7],
      ['bob', true, undefined],
      ['bob', false, undefined],
    ])
  })
})
