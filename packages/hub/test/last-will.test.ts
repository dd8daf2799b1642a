import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type InboxStore, ManualClock, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, startHub, startTimelessHub, visit } from './start-hub.ts'

const will = { to: 'alice', type: 'dict', body: { gone: true }, headers: { why: 'will' } }
const quiet = { heartbeatIntervalMs: 1_000_000 }

/** What a recipient sees of a will. */
function seen({ from, to, type, body, headers }: Frame): Frame {
  return { from, to, type, body, headers }
}

suite('the will of a client', () => {
  test('is sent when its session is over, once, and not before', async () => {
    await using server = await startTimelessHub(quiet)
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob', { hello: { will } })
    await bob.cut()
    await noticed(server, 'bob')
    server.clock.advance(119_000)
    assert.deepEqual(await alice.settled(), [])
    server.clock.advance(2000)
    assert.deepEqual(seen(await alice.next('deliver')), { from: 'bob', ...will })
    server.clock.advance(200_000)
    assert.deepEqual(await alice.settled(), [])
  })

  test('is not sent after a good-bye, nor while the session is resumed in time', async () => {
    await using server = await startTimelessHub(quiet)
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob', { hello: { will } })
    bob.send({ op: 'bye' })
    await bob.closed()
    const [carol, welcome] = await RawPeer.welcomed(server.url, 'carol', { hello: { will } })
    await carol.cut()
    await noticed(server, 'carol')
    server.clock.advance(100_000)
    await using back = await RawPeer.login(server.url, 'carol', { hello: { ...resume(welcome), will } })
    server.clock.advance(100_000)
    assert.deepEqual(await alice.settled(), [])
    await back.settled()
  })

  test('is what the last hello said: another one, or none', async () => {
    await using server = await startTimelessHub(quiet)
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [id, next] of [
      ['bob', { ...will, body: { gone: 'twice' } }],
      ['carol', undefined],
    ] as const) {
      const [first, welcome] = await RawPeer.welcomed(server.url, id, { hello: { will } })
      await first.cut()
      const again = await RawPeer.login(server.url, id, { hello: { ...resume(welcome), will: next } })
      await again.cut()
      await noticed(server, id)
    }
    server.clock.advance(121_000)
    const { from, body } = await alice.next('deliver')
    assert.deepEqual([from, body], ['bob', { gone: 'twice' }])
    assert.deepEqual(await alice.settled(), [])
  })

  test('is sent when another session takes its place, and when the hub sends the client away', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const bob = await RawPeer.login(server.url, 'bob', { hello: { will } })
    await using again = await RawPeer.login(server.url, 'bob', { hello: { producer: 'p2', will } })
    assert.equal((await alice.next('deliver')).from, 'bob')
    assert.equal((await bob.closed()).code, 4409)
    assert.equal(server.hub.disconnect('bob'), true)
    assert.equal((await alice.next('deliver')).from, 'bob')
    await again.closed()
  })

  test('reaches every kind of address, live or stored, in the other dialect too', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    alice.send({ op: 'subscribe', id: 's', to: 'channel:wills' })
    await alice.next('subscribe')
    const bytes = Buffer.from([1, 2, 3])
    const wills: readonly Frame[] = [
      { to: 'all', type: 'text', body: 'to all' },
      { to: 'channel:wills', type: 'json', body: '[1]' },
      { to: 'channel:wills', type: 'text', body: 'live', qos: 0 },
      { to: 'alice', type: 'bytes', body: bytes },
    ]
    for (const [index, each] of wills.entries()) {
      await using peer = await RawPeer.login(server.url, `bob ${index}`, { dialect: 'msgpack', hello: { will: each } })
      server.hub.disconnect(peer.client)
      const frame = await alice.next('deliver')
      assert.deepEqual([frame.to, frame.body, frame.seq === undefined], [each.to, each.body, each.qos === 0])
    }
  })

  test('is of use for as long as it says', async () => {
    await using server = await startTimelessHub(quiet)
    await visit(server, 'alice')
    for (const [client, ttlMs] of [
      ['bob', 1000],
      ['carol', 2000],
    ] as const) {
      await using peer = await RawPeer.login(server.url, client, { hello: { will: { ...will, ttlMs } } })
      server.hub.disconnect(peer.client)
      await noticed(server, client)
    }
    server.clock.advance(1000)
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal((await alice.next('deliver')).from, 'carol')
    assert.deepEqual(await alice.settled(), [])
  })

  test('that leads nowhere is a line in the log', async () => {
    await using server = await startHub()
    for (const [index, fields] of [{ to: 'nobody' }, { to: 'nobody', qos: 0 }].entries()) {
      const peer = await RawPeer.login(server.url, `bob ${index}`, { hello: { will: { ...will, ...fields } } })
      server.hub.disconnect(peer.client)
      const { fields: facts } = await server.log.line('last will')
      assert.deepEqual([facts.client, facts.code], [`bob ${index}`, 'unknown_recipient'])
    }
  })

  test('of the wrong form is no will, and no hello', async () => {
    await using server = await startHub({ limits: { bodyBytes: 100 } })
    const wrong: readonly Frame[] = [
      { ...will, to: 'group:' },
      { ...will, type: 'x' },
      { ...will, type: 'x-posthouse.receipt', body: { op: 'welcome', id: 'm1', state: 'read', by: 'carol', at: 1 } },
      { ...will, body: 'no object' },
      { ...will, body: { x: 'x'.repeat(100) } },
      { ...will, headers: { x: 1 } },
      { ...will, qos: 2 },
      { ...will, ttlMs: 0 },
      { to: 'alice', type: 'text' },
    ]
    for (const each of wrong) {
      await using peer = await RawPeer.hello(server.url, 'bob', { hello: { will: each } })
      assert.equal((await peer.closed()).code, 4400, JSON.stringify(each))
    }
    assert.deepEqual(server.hub.clients({ online: false }), [])
  })

  test('to an address that its client may not send to closes the connection, and ends no session', async () => {
    await using server = await startGuardedHub({ bob: [{ operations: ['send'], addresses: ['carol'] }] })
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await using other = await RawPeer.hello(server.url, 'bob', { hello: { will } })
    assert.equal((await other.closed()).code, 4403)
    await bob.cut()
    await using again = await RawPeer.hello(server.url, 'bob', { hello: resume(welcome) })
    assert.equal((await again.next('welcome')).resumed, true)
  })

  test('is not sent by who has lost the permission, nor of who may not log in any more', async () => {
    await using server = await startGuardedHub({ bob: [{ operations: ['send'], addresses: ['alice'] }] })
    await using bob = await RawPeer.login(server.url, 'bob', { hello: { will } })
    server.permit('bob', [])
    server.hub.disconnect('bob')
    const { fields } = await server.log.line('last will')
    assert.deepEqual([fields.client, fields.code], ['bob', 'forbidden'])
    await bob.closed()
  })

  test('outlives the hub: the next one sends it when the time of the session is over', async () => {
    const clock = new ManualClock()
    const store = new MemoryInboxStore({ clock })
    const first = await startTimelessHub({ ...quiet, store }, clock)
    await using _alice = await RawPeer.login(first.url, 'alice')
    await using _bob = await RawPeer.login(first.url, 'bob', { hello: { will: { ...will, ttlMs: 60_000 } } })
    await first.hub.close()
    await using second = await startTimelessHub({ ...quiet, store }, clock)
    await using alice = await RawPeer.login(second.url, 'alice', { hello: { producer: 'p2' } })
    clock.advance(121_000)
    assert.deepEqual(seen(await alice.next('deliver')), { from: 'bob', ...will })
    assert.deepEqual(await store.records('will'), [])
  })

  test('is written when it changes, and not with all else that changes about the session', async () => {
    const inner = new MemoryInboxStore()
    const written: unknown[] = []
    const commit: InboxStore['commit'] = (batch) => {
      for (const { kind, value } of batch.records ?? []) if (kind === 'will') written.push(value)
      return inner.commit(batch)
    }
    await using server = await startHub({ store: changedStore(inner, { commit, durability: 'process' }) })
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob', { hello: { will } })
    await bob.cut()
    await noticed(server, 'bob')
    const [back, again] = await RawPeer.welcomed(server.url, 'bob', { hello: { ...resume(welcome, {}), will } })
    assert.deepEqual([again.resumed, written.length], [true, 1])
    await back.cut()
    await noticed(server, 'bob')
    const other = { ...will, body: { gone: 'again' } }
    const [last] = await RawPeer.welcomed(server.url, 'bob', { hello: { ...resume(again, {}), will: other } })
    assert.equal(written.length, 2)
    last.send({ op: 'bye' })
    await last.closed()
    await server.hub.close()
    assert.deepEqual(written.slice(2), [undefined])
    assert.deepEqual(await inner.records('will'), [])
  })
})
