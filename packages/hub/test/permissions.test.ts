import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { codeOf, type Frame, RawPeer, resume } from './raw-peer.ts'
import { startGuardedHub } from './start-guarded-hub.ts'

/** Ids and whether they are online, of a presence or list frame. */
function states(frame: Frame): unknown {
  return (frame.clients as readonly Frame[]).map(({ client, online }) => [client, online])
}

const toBob = [{ operations: ['send'], addresses: ['bob*', 'hub'] }] as const

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`the permission to send, in ${dialect}`, () => {
    test('is needed for each address, with qos 1 and with qos 0', async () => {
      await using server = await startGuardedHub({ alice: toBob })
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob')
      await using carol = await RawPeer.login(server.url, 'carol')
      assert.equal((await alice.publish('bob', 1)).state, 'stored')
      assert.equal((await alice.publish('server', 2)).state, 'stored')
      let n = 2
      for (const to of ['carol', 'client:carol', 'all', 'alice', 'group:bob', 'channel:bob', 'nobody']) {
        const refused = await alice.publish(to, ++n)
        assert.equal(codeOf(refused), 'forbidden', to)
        assert.match((refused.error as { message: string }).message, /"alice" has no permission to send/)
        alice.send({ op: 'send', id: `live ${to}`, to, type: 'text', body: 'x', qos: 0 })
        const error = await alice.next('error')
        assert.deepEqual([error.code, error.about], ['forbidden', { op: 'send', id: `live ${to}` }])
      }
      assert.equal((await bob.next('deliver')).body, 'text 1')
      assert.deepEqual(await carol.settled(), [])
      // Its replies may go to whom it cannot send to itself.
      await alice.publish('bob', ++n, { replyTo: 'carol' })
      assert.equal((await bob.next('deliver')).replyTo, 'carol')
    })

    test('is refused in the same words whether there is a recipient or not', async () => {
      await using server = await startGuardedHub({ alice: toBob })
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using _carol = await RawPeer.login(server.url, 'carol')
      const [there, away] = [await alice.publish('carol', 1), await alice.publish('caril', 2)]
      assert.deepEqual(JSON.parse(JSON.stringify(there).replaceAll('carol', 'caril')), { ...away, n: 1 })
      assert.equal(codeOf(await alice.publish('bobby', 3)), 'unknown_recipient')
    })
  })
}

suite('permissions that change', () => {
  test('hold from the next frame on, and what was accepted before stays so', async () => {
    await using server = await startGuardedHub({})
    const [alice, welcome] = await RawPeer.welcomed(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('bob', 1)
    server.permit('alice', [])
    assert.equal(codeOf(await alice.publish('bob', 2)), 'forbidden')
    await alice.cut()
    await using again = await RawPeer.login(server.url, 'alice', { hello: resume(welcome) })
    server.permit('alice', [])
    assert.equal((await again.publish('bob', 1)).state, 'duplicate')
    server.permit('alice', toBob)
    // A refusal is remembered, so that a client that asks twice is answered once.
    assert.equal(codeOf(await again.publish('bob', 2)), 'forbidden')
    assert.equal((await again.publish('bob', 3)).state, 'stored')
    const bodies = (await bob.deliveries(2)).map(({ body }) => body)
    assert.deepEqual(bodies, ['text 1', 'text 3'])
  })

  test('leave in an inbox what came before', async () => {
    await using server = await startGuardedHub({})
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob')
    await bob.cut()
    await server.log.line('connection closed')
    await alice.publish('bob', 1)
    server.permit('alice', [])
    await using back = await RawPeer.login(server.url, 'bob')
    server.permit('bob', [])
    assert.equal((await back.next('deliver')).body, 'text 1')
  })
})

suite('the permission to see', () => {
  test('decides whom list and presence show; everyone sees themselves', async () => {
    await using server = await startGuardedHub({ alice: [{ operations: ['see'], addresses: ['b*'] }], zoe: [] })
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    await using zoe = await RawPeer.login(server.url, 'zoe')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using _carol = await RawPeer.login(server.url, 'carol')
    alice.send({ op: 'list', id: 'q' }, { op: 'presence', watch: true })
    zoe.send({ op: 'list', id: 'q', online: false }, { op: 'presence', watch: true })
    bob.send({ op: 'presence', watch: true })
    const mine = [
      ['alice', true],
      ['bob', true],
    ]
    assert.deepEqual(states(await alice.next('list')), mine)
    assert.deepEqual(states(await alice.next('presence')), mine)
    assert.deepEqual(states(await zoe.next('list')), [['zoe', true]])
    assert.deepEqual(states(await zoe.next('presence')), [['zoe', true]])
    assert.equal((states(await bob.next('presence')) as unknown[]).length, 4)
    await using _bill = await RawPeer.login(server.url, 'bill')
    await using _dave = await RawPeer.login(server.url, 'dave')
    assert.deepEqual(states(await bob.next('presence')), [['bill', true]])
    assert.deepEqual(states(await bob.next('presence')), [['dave', true]])
    assert.deepEqual(states(await alice.next('presence')), [['bill', true]])
    assert.deepEqual([await alice.settled(), await zoe.settled()], [[], []])
  })

  test('holds for what changes in one moment, for each watcher by itself', async () => {
    const seeing = (pattern: string) => [{ operations: ['see'] as const, addresses: [pattern] }]
    await using server = await startGuardedHub({ a1: seeing('c*0'), a2: seeing('c*0'), a3: seeing('c*1') })
    const watchers = [
      await RawPeer.login(server.url, 'a1'),
      await RawPeer.login(server.url, 'a2', { dialect: 'msgpack' }),
      await RawPeer.login(server.url, 'a3'),
      await RawPeer.login(server.url, 'a4'),
    ]
    for (const watcher of watchers) {
      watcher.send({ op: 'presence', watch: true })
      await watcher.next('presence')
    }
    for (const watcher of watchers) await watcher.settled()
    await using crowd = await CrossCommClient.open(server.url, 'c0')
    for (let index = 0; index < 100; index++) crowd.send(crossComm('login', `c${index}`, ''))
    await crowd.routed()
    const seen = []
    for (const watcher of watchers) {
      const frames = (await watcher.settled()).filter(({ op }) => op === 'presence')
      seen.push(frames.flatMap(({ clients }) => (clients as readonly Frame[]).map(({ client }) => client)))
    }
    const all = Array.from({ length: 100 }, (_, index) => `c${index}`)
    const ending = (digit: string): readonly string[] => all.filter((id) => id.endsWith(digit))
    assert.deepEqual(seen, [ending('0'), ending('0'), ending('1'), all])
  })

  test('that changes is followed by a snapshot of what may be seen now', async () => {
    await using server = await startGuardedHub({})
    await using alice = await RawPeer.login(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    alice.send({ op: 'presence', watch: true })
    assert.equal((states(await alice.next('presence')) as unknown[]).length, 2)
    server.permit('alice', [])
    const narrowed = await alice.next('presence')
    assert.deepEqual([narrowed.full, states(narrowed)], [true, [['alice', true]]])
    await using _carol = await RawPeer.login(server.url, 'carol')
    assert.deepEqual(await alice.settled(), [])
    server.permit('alice', [{ operations: ['see'], addresses: ['*'] }])
    const widened = await alice.next('presence')
    assert.deepEqual([widened.full, (states(widened) as unknown[]).length], [true, 3])
  })

  test('holds for what a resumed session is told', async () => {
    await using server = await startGuardedHub({ alice: [] })
    const [first, welcome] = await RawPeer.welcomed(server.url, 'alice')
    first.send({ op: 'presence', watch: true })
    await first.next('presence')
    await first.cut()
    await using _bob = await RawPeer.login(server.url, 'bob')
    await using second = await RawPeer.login(server.url, 'alice', { hello: resume(welcome) })
    assert.deepEqual(states(await second.next('presence')), [['alice', true]])
    assert.deepEqual(await second.settled(), [])
  })
})

suite('a cross_comm program with permissions', () => {
  test('sends only where it may, and sees only whom it may', async () => {
    await using server = await startGuardedHub({ old: [{ operations: ['send', 'see'], addresses: ['bob'] }] })
    await using old = await CrossCommClient.login(server.url, 'old')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await RawPeer.login(server.url, 'carol')
    old.say('carol', 'no')
    old.say('all', 'no')
    const line = await server.log.code('forbidden')
    assert.deepEqual([line.fields.to, line.level], ['carol', 'warn'])
    assert.equal((await server.log.code('forbidden')).fields.to, 'all')
    old.say('bob', 'yes')
    assert.equal((await bob.next('deliver')).body, 'yes')
    assert.deepEqual(await carol.settled(), [])
    old.send(crossComm('list_clients', 'old', 'server', { content: '{}' }))
    const listed = JSON.parse(String((await old.next()).content))
    assert.deepEqual(
      listed.clients.map(({ client_id }: { client_id: string }) => client_id),
      ['bob', 'old'],
    )
    assert.equal(listed.total_count, 2)
  })

  test('has those of each id for messages of that id', async () => {
    await using server = await startGuardedHub({ one: [], two: [{ operations: ['send'], addresses: ['bob'] }] })
    await using both = await CrossCommClient.login(server.url, 'one')
    await both.login('two')
    await using bob = await RawPeer.login(server.url, 'bob')
    both.send(crossComm('text', 'one', 'bob', { content: 'no' }))
    both.send(crossComm('text', 'two', 'bob', { content: 'yes' }))
    assert.equal((await bob.next('deliver')).from, 'two')
  })
})
