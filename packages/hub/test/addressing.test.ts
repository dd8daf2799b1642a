import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { startHub } from './start-hub.ts'

suite('addresses', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`one client gets what is sent to it, with its sender and time stamped, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      const headers = { 'x-trace': '1', 图: '值' }
      const fields = { from: 'mallory', ts: 1, headers, replyTo: 'group:x', sec: { v: [1] } }
      assert.deepEqual(await alice.publish('bob', 1, fields), { op: 'sent', n: 1, state: 'stored' })
      const { ts, seq, ...delivery } = await bob.next('deliver')
      assert.deepEqual(delivery, {
        op: 'deliver',
        id: 'm1',
        from: 'alice',
        to: 'bob',
        type: 'text',
        body: 'text 1',
        headers,
        replyTo: 'group:x',
        sec: { v: [1] },
      })
      assert.ok(Number(ts) > 1_600_000_000_000)
      assert.ok(Number(seq) > 0)
    })
  }

  test('everyone but the sender gets a message to all, those that can resume included', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    const [lost, welcome] = await RawPeer.welcomed(server.url, 'carol')
    const left = await RawPeer.login(server.url, 'dave')
    left.send({ op: 'bye' })
    await Promise.all([lost.cut(), left.closed()])
    await alice.publish('all', 1)
    assert.equal((await bob.next('deliver')).to, 'all')
    assert.deepEqual(await alice.settled(), [])
    await using carol = await RawPeer.login(server.url, 'carol', {
      hello: { resume: { session: welcome.session, token: welcome.resumeToken, positions: {} } },
    })
    assert.equal((await carol.next('deliver')).body, 'text 1')
    await using dave = await RawPeer.login(server.url, 'dave')
    assert.deepEqual(await dave.settled(), [])
  })

  test('a message to oneself comes back', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('client:alice', 1)
    assert.equal((await alice.next('deliver')).to, 'alice')
  })

  test('hub and server reach the listeners of the hub only', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    const heard: string[] = []
    server.hub.on('*', ({ to, body }) => heard.push(`${to}: ${body}`))
    await alice.publish('hub', 1)
    await alice.publish('server', 2)
    await alice.publish('all', 3)
    alice.send({ op: 'send', id: 'live', to: 'hub', type: 'text', qos: 0, body: 'live' })
    await alice.settled()
    assert.deepEqual(heard, ['hub: text 1', 'hub: text 2', 'all: text 3', 'hub: live'])
    assert.deepEqual(
      (await bob.settled()).map(({ body }) => body),
      ['text 3'],
    )
  })

  test('an id that looks like another address is written in its full form', async () => {
    await using server = await startHub()
    await using odd = await RawPeer.login(server.url, 'group:x')
    await using bob = await RawPeer.login(server.url, 'bob')
    await odd.publish('bob', 1)
    assert.equal((await bob.next('deliver')).from, 'client:group:x')
    assert.equal((await bob.publish('client:group:x', 1)).state, 'stored')
    const { from, to } = await odd.next('deliver')
    assert.deepEqual([from, to], ['bob', 'client:group:x'])
    assert.equal(codeOf(await bob.publish('group:x', 2)), 'unknown_recipient')
  })

  test('what cannot be reached is refused, each with its reason', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const refusals = {
      nobody: 'unknown_recipient',
      'group:x': 'unknown_recipient',
      'channel:a..b': 'invalid_address',
      'client:all': 'invalid_address',
      'tab\t': 'invalid_address',
    }
    for (const [index, [to, code]] of Object.entries(refusals).entries()) {
      const { error, ...answer } = await alice.publish(to, index + 1)
      assert.deepEqual(answer, { op: 'sent', n: index + 1 })
      assert.equal(codeOf({ error }), code, to)
      alice.send(message(to, index + 1, { n: undefined, qos: 0 }))
      const live = await alice.next('error')
      assert.equal(live.code, code, to)
      assert.deepEqual(live.about, { op: 'send', id: `m${index + 1}` })
    }
  })
})
