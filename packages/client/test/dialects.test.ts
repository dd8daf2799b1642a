import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decode } from '@msgpack/msgpack'
import type { HubClient, Message } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import type { ClientFrame, HubFrame } from '@posthouse/protocol'
import { crossCommId, decodeCrossComm, encodeCrossComm } from '@posthouse/protocol/cross-comm'
import { msgpackHubCodec } from '@posthouse/protocol/msgpack'
import { nextState, ScriptedHub, type ScriptedPeer, withCode } from './scripted-hub.ts'

type Fields = Partial<Parameters<typeof encodeCrossComm>[0]>

function say(peer: ScriptedPeer, fields: Fields): void {
  const id = crossCommId('server', 1)
  peer.send(encodeCrossComm({ id, from: 'server', to: 'alice', type: 'text', ts: 1500, ...fields }))
}

async function hear(peer: ScriptedPeer): Promise<ReturnType<typeof decodeCrossComm>> {
  return decodeCrossComm(await peer.text())
}

/** A cross_comm client that is logged in. */
async function loggedIn(hub: ScriptedHub, options: ConstructorParameters<typeof HubClient>[0] = {}) {
  const client = hub.client({ dialect: 'cross_comm', ...options })
  const connected = client.connect()
  const peer = await hub.connection()
  assert.equal((await hear(peer)).type, 'login')
  assert.equal((await hear(peer)).type, 'heartbeat')
  say(peer, { type: 'login_response', content: '{"status": "success"}' })
  await connected
  return { client, peer, [Symbol.asyncDispose]: () => client.close() }
}

suite('the msgpack dialect', () => {
  test('carries the same conversation in binary messages, with bytes as they are', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client({ dialect: 'msgpack' })
    const body = { data: new Uint8Array([1, 2]), list: [1] }
    const sent = client.send('bob', body)
    body.list.push(2)
    body.data[0] = 9
    const connected = client.connect()
    const peer = await hub.connection()
    const write = (...frames: HubFrame[]): void => {
      const wire = msgpackHubCodec.join(frames.map((frame) => msgpackHubCodec.encode(frame)))
      peer.send(wire)
    }
    const frames = async (): Promise<readonly ClientFrame[]> =>
      msgpackHubCodec.decode(await peer.bytes()).filter((frame) => frame.op !== 'bad')
    const [hello] = await frames()
    assert.equal(hello?.op, 'hello')
    write(peer.welcomeFrame())
    await connected
    const [frame] = await frames()
    assert.ok(frame?.op === 'send' && frame.body.format === 'msgpack')
    assert.deepEqual(decode(frame.body.bytes), { data: new Uint8Array([1, 2]), list: [1] })
    write({ op: 'sent', n: 1, state: 'stored' })
    await sent
    const heard = new Promise<Message>((resolve) => client.on('bytes', resolve))
    const value = new Uint8Array([7, 8])
    write({
      op: 'deliver',
      id: 'm',
      from: 'bob',
      to: 'alice',
      type: 'bytes',
      ts: 1,
      seq: 1,
      body: { format: 'value', value },
    })
    assert.deepEqual((await heard).body, value)
    assert.deepEqual(await frames(), [{ op: 'ack', seq: 1 }])
  })
})

suite('the cross_comm dialect', () => {
  test('logs in, sends one frame in each message and resolves when it was written', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await loggedIn(hub)
    const { client, peer } = online
    assert.equal(client.welcome, undefined)
    const [first, second] = await Promise.all([client.send('bob', { a: 1 }), client.send('all', 'hi')])
    assert.equal(first.state, 'sent')
    const frame = await hear(peer)
    assert.deepEqual([frame.id, frame.to, frame.type, frame.content], [first.id, 'bob', 'dict', { a: 1 }])
    assert.equal((await hear(peer)).id, second.id)
  })

  test('keeps what is sent while there is no connection, within the outbox', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client({ dialect: 'cross_comm', outbox: { messages: 2 } })
    const sends = [client.send('bob', 'one'), client.send('bob', 'two')]
    await assert.rejects(client.send('bob', 'three'), withCode('outbox_full'))
    await assert.rejects(client.send('bob', 'live', { qos: 0 }), withCode('not_connected'))
    const connected = client.connect()
    const peer = await hub.connection()
    await hear(peer)
    await hear(peer)
    let written = false
    const all = Promise.all(sends).then(() => {
      written = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(written, false)
    say(peer, { type: 'login_response' })
    await connected
    await all
    assert.equal((await hear(peer)).content, 'one')
    assert.equal((await hear(peer)).content, 'two')
  })

  test('hands messages to listeners, bytes as bytes, and passes over what it cannot read', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await loggedIn(hub)
    const { client, peer } = online
    const errors: string[] = []
    client.watch('error', ({ code }) => errors.push(code))
    const heard: unknown[] = []
    const last = new Promise<void>((resolve) => {
      client.on('*', ({ from, type, body, ts }) => {
        heard.push([from, type, body, ts])
        if (type === 'bytes') resolve()
      })
    })
    peer.send('nonsense')
    say(peer, { from: 'alice', content: '"my own"' })
    say(peer, { from: 'bob', content: '"hi"' })
    say(peer, { from: 'bob', type: 'bytes', content: '"AQI="' })
    await last
    assert.deepEqual(heard, [
      ['bob', 'text', 'hi', 1500],
      ['bob', 'bytes', new Uint8Array([1, 2]), 1500],
    ])
    assert.deepEqual(errors, ['malformed_frame'])
  })

  test('matches lists by their arrival, and only those of the server', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await loggedIn(hub)
    const { client, peer } = online
    const [first, second] = [client.clients(), client.clients({ online: false })]
    assert.equal((await hear(peer)).content, '{"only_show_online": true}')
    assert.equal((await hear(peer)).content, '{"only_show_online": false}')
    const entry =
      '{\\"client_id\\": \\"bob\\", \\"status\\": \\"online\\", \\"last_heartbeat\\": 2.5, \\"login_time\\": 1.5}'
    say(peer, { type: 'list_clients_response', from: 'eve', content: '"{\\"clients\\": []}"' })
    say(peer, { type: 'list_clients_response', content: `"{\\"clients\\": [${entry}]}"` })
    say(peer, { type: 'list_clients_response', content: '"{\\"clients\\": []}"' })
    assert.deepEqual(await first, [{ client: 'bob', online: true, lastSeen: 2500, since: 1500, node: '' }])
    assert.deepEqual(await second, [])
  })

  test('says regularly that it lives, logs out when it closes and leaves no timer', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await loggedIn(hub, { clock })
    const { client, peer } = online
    for (let round = 0; round < 3; round++) {
      const listed = client.clients()
      assert.equal((await hear(peer)).type, 'list_clients')
      say(peer, { type: 'list_clients_response', content: '"{\\"clients\\": []}"' })
      await listed
      clock.advance(20_000)
      say(peer, { type: 'text', from: 'bob', to: 'alice', content: '"hi"' })
      await new Promise((resolve) => client.on('text', resolve))
      clock.advance(10_000)
      assert.equal((await hear(peer)).type, 'heartbeat')
    }
    await client.close()
    assert.equal((await hear(peer)).type, 'logout')
    assert.equal((await peer.closed).code, 1000)
    assert.equal(clock.pending, 0)
  })

  test('asks a silent server for a sign of life, and gives it up when none comes', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await loggedIn(hub, { clock })
    const { client, peer } = online
    clock.advance(30_000)
    assert.deepEqual([(await hear(peer)).type, (await hear(peer)).type], ['heartbeat', 'list_clients'])
    // Its answer belongs to nobody's question: the question that follows has its own.
    const listed = client.clients({ online: false })
    assert.equal((await hear(peer)).type, 'list_clients')
    say(peer, { type: 'list_clients_response', content: '"{\\"clients\\": []}"' })
    const entry = '{\\"client_id\\": \\"bob\\", \\"status\\": \\"offline\\"}'
    say(peer, { type: 'list_clients_response', content: `"{\\"clients\\": [${entry}]}"` })
    assert.deepEqual(
      (await listed).map((info) => info.client),
      ['bob'],
    )
    const lost = nextState(client, 'waiting')
    clock.advance(60_000)
    await lost
  })

  test('logs in again after a cut', async () => {
    await using hub = await ScriptedHub.start()
    await using started = await loggedIn(hub, { random: () => 0 })
    const { client, peer } = started
    const online = nextState(client, 'online')
    peer.cut()
    const second = await hub.connection()
    assert.equal((await hear(second)).type, 'login')
    say(second, { type: 'login_response' })
    await online
  })

  test('needs an answer to its login', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using client = hub.client({ dialect: 'cross_comm', clock })
    const refused = assert.rejects(client.connect(), withCode('unreachable'))
    await hear(await hub.connection())
    clock.advance(10_000)
    await refused
  })

  test('refuses what the dialect has no words for', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await loggedIn(hub)
    const { client } = online
    await assert.rejects(client.send('group:ops', 'x'), withCode('unsupported'))
    await assert.rejects(client.send('bob', 'x', { ttlMs: 5 }), withCode('unsupported'))
    await assert.rejects(client.send('bob', 'x', { type: 'x-own' }), withCode('unrepresentable'))
    const told = new Promise((resolve) => client.watch('error', ({ code }) => resolve(code)))
    client.watch('presence', () => undefined)
    assert.equal(await told, 'unsupported')
    const toldAgain = new Promise((resolve) => client.watch('error', ({ code }) => resolve(code)))
    client.setState('here')
    assert.equal(await toldAgain, 'unsupported')
  })
})
