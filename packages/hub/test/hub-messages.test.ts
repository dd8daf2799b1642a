import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Message } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import { Arrivals } from './arrivals.ts'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer } from './raw-peer.ts'
import { startHub, visit } from './start-hub.ts'

suite('hub.on', () => {
  test('filters by type and by sender', async () => {
    await using server = await startHub()
    const heard: string[] = []
    const note = (name: string) => (each: Message) => void heard.push(`${name} ${each.id}`)
    server.hub.on('*', note('any'))
    server.hub.on('dict', note('dict'))
    server.hub.on({ type: ['text', 'x-a'], from: 'bob' }, note('bob'))
    server.hub.on({ from: ['client:group:x', 'alice'] }, note('odd'))
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using odd = await RawPeer.login(server.url, 'group:x')
    await alice.publish('hub', 1, { type: 'dict', body: {} })
    await bob.publish('hub', 2)
    await bob.publish('hub', 3, { type: 'x-a' })
    await odd.publish('all', 4)
    assert.deepEqual(heard, ['any m1', 'dict m1', 'odd m1', 'any m2', 'bob m2', 'any m3', 'bob m3', 'any m4', 'odd m4'])
  })

  test('hands over values, bytes as bytes, from every dialect', async () => {
    await using server = await startHub()
    const heard: Arrivals<Message> = new Arrivals('a message to the hub')
    server.hub.on('*', (each) => heard.push(each))
    await using json = await RawPeer.login(server.url, 'json')
    await using msgpack = await RawPeer.login(server.url, 'msgpack', { dialect: 'msgpack' })
    await using old = await CrossCommClient.login(server.url, 'old')
    await json.publish('hub', 1, { type: 'bytes', body: 'AP8', headers: { h: '1' }, replyTo: 'json' })
    await msgpack.publish('hub', 1, { type: 'bytes', body: new Uint8Array([0, 255]) })
    old.send(
      `{"msg_id":"o1","from_client_id":"old","to_client_id":"server","msg_type":"bytes","content":"AP8=","timestamp":1}`,
    )
    for (const from of ['json', 'msgpack', 'old']) {
      const each = await heard.take()
      assert.equal(each.from, from)
      assert.deepEqual(each.body, new Uint8Array([0, 255]))
    }
    old.say('hub', 'to hub')
    old.say('all', 'to all')
    assert.deepEqual([(await heard.take()).body, (await heard.take()).body], ['to hub', 'to all'])
  })

  test('survives a handler that throws or rejects, which is logged', async () => {
    await using server = await startHub()
    const heard: unknown[] = []
    server.hub.on('*', () => {
      throw new Error('thrown')
    })
    server.hub.on('*', async () => {
      throw new Error('rejected')
    })
    server.hub.on('*', ({ body }) => heard.push(body))
    await using alice = await RawPeer.login(server.url, 'alice')
    await alice.publish('hub', 1)
    for (const reason of ['thrown', 'rejected']) {
      const { fields } = await server.log.line('a handler of the hub failed')
      assert.deepEqual([fields.id, fields.from, String(fields.error)], ['m1', 'alice', `PosthouseError: ${reason}`])
    }
    assert.equal((await alice.publish('hub', 2)).state, 'stored')
    assert.deepEqual(heard, ['text 1', 'text 2'])
  })

  test('ends when it is disposed of, and refuses filters that mean nothing', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const heard: unknown[] = []
    {
      using _ = server.hub.on('text', ({ id }) => heard.push(id))
      await alice.publish('hub', 1)
    }
    await alice.publish('hub', 2)
    assert.deepEqual(heard, ['m1'])
    assert.throws(() => server.hub.on({ type: 'x-' as 'text' }, () => undefined), { code: 'invalid_option' })
    assert.throws(() => server.hub.on({ from: '' }, () => undefined), { code: 'invalid_address' })
  })
})

suite('hub.send', () => {
  test('reaches one client or all of them, in every dialect, and not the listeners of the hub', async () => {
    await using server = await startHub()
    server.hub.on('*', () => assert.fail('the hub heard itself'))
    await using alice = await RawPeer.login(server.url, 'alice')
    await using old = await CrossCommClient.login(server.url, 'old')
    const { id } = await server.hub.send('all', { n: 1 }, { headers: { h: '1' } })
    const { seq, ts, ...delivery } = await alice.next('deliver')
    const common = { op: 'deliver', stream: 'all', id, from: 'hub', to: 'all', type: 'dict', headers: { h: '1' } }
    assert.deepEqual(delivery, { ...common, body: { n: 1 } })
    const frame = await old.next()
    assert.deepEqual([frame.msg_id, frame.from_client_id, frame.to_client_id], [id, 'server', 'all'])
    await server.hub.send('old', new Uint8Array([0, 255]), { id: 'mine' })
    assert.deepEqual((await old.next()).content, 'AP8=')
    await server.hub.send('alice', 'live', { qos: 0 })
    assert.equal((await alice.next('deliver')).seq, undefined)
    assert.equal((await server.hub.send('hub', 'to itself', { id: 'self' })).id, 'self')
  })

  test('refuses what no client could read', async () => {
    await using server = await startHub()
    await using _alice = await RawPeer.login(server.url, 'alice')
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`h${index}`, '']))
    for (const options of [
      { id: '' },
      { id: 'x'.repeat(257) },
      { id: 'half \ud83d' },
      { headers: { h: '\ude00' } },
      { headers: { '\ud83d': 'h' } },
      { headers: { h: 'x'.repeat(4097) } },
      { headers: many },
    ]) {
      await assert.rejects(server.hub.send('alice', 'x', options), { code: 'invalid_option' })
    }
  })

  test('rejects with what a client would be told', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    await using _old = await CrossCommClient.login(server.url, 'old')
    await assert.rejects(server.hub.send('nobody', 'x'), { code: 'unknown_recipient' })
    await assert.rejects(server.hub.send('bob', 'x', { qos: 0 }), { code: 'offline' })
    await assert.rejects(server.hub.send('group:x', 'x'), { code: 'unknown_recipient' })
    await assert.rejects(server.hub.send('', 'x'), { code: 'invalid_address' })
    await assert.rejects(server.hub.send('group:', 'x'), { code: 'invalid_address' })
    await assert.rejects(server.hub.send('client:nobody', 'x'), { code: 'unknown_recipient' })
    await assert.rejects(server.hub.send('bob', Number.NaN), { code: 'unrepresentable' })
    await assert.rejects(server.hub.send('bob', [1], { type: 'dict' }), { code: 'invalid_body' })
    await assert.rejects(server.hub.send('old', 1, { type: 'x-n' }), { code: 'unrepresentable' })
  })

  test('waits for a client that is away, as long as the message is of use', async () => {
    await using server = await startHub()
    await visit(server, 'bob')
    await server.hub.send('bob', 'kept')
    await server.hub.send('bob', 'for a day', { ttlMs: 86_400_000 })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      (await bob.deliveries(2)).map(({ body }) => body),
      ['kept', 'for a day'],
    )
  })

  test('and the rest of the hub work without a server of its own or a listener', async () => {
    await using hub = new Hub()
    assert.deepEqual([hub.connections, hub.clients({ online: false }), hub.onlineClients()], [0, [], []])
    assert.match(hub.node, /^node-[0-9a-f]{8}$/)
    await hub.send('all', message('all', 1))
    await hub.start()
  })
})
