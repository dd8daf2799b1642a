import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { HubClient } from '@posthouse/client'
import { ManualClock, type Message } from '@posthouse/core'
import { Hub } from '@posthouse/hub'
import {
  type LoginOptions,
  type OutgoingMessage,
  type PeerMessage,
  PYTHON_PEERS_MISSING,
  PythonPeer,
  pythonPeersAvailable,
} from './python-peer.ts'

const skip = pythonPeersAvailable() === undefined && PYTHON_PEERS_MISSING

/** A hub, two unmodified Python programs and one v1 client. */
async function startPost() {
  await using starting = new AsyncDisposableStack()
  const hub = starting.use(new Hub({ node: 'posthouse' }))
  const { port, url } = await hub.listen({ port: 0 })
  const [alice, bob] = await Promise.all([PythonPeer.start(), PythonPeer.start()])
  for (const process of [alice, bob]) starting.use(process)
  await login(alice, { port, id: 'alice' })
  await login(bob, { port, id: 'bob' })
  const carol = starting.use(new HubClient({ url, clientId: 'carol' }))
  await carol.connect()
  const running = starting.move()
  return { hub, port, alice, bob, carol, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function login(peer: PythonPeer, options: LoginOptions): Promise<void> {
  assert.ok(await peer.login(options))
  const { content, from_client_id } = await peer.next((message) => message.msg_type === 'login_response')
  assert.deepEqual([content, from_client_id], [{ status: 'success' }, 'server'])
}

/** Waits for one message of the hub or of a client. */
function once(on: (handler: (message: Message) => void) => Disposable): Promise<Message> {
  const { promise, resolve } = Promise.withResolvers<Message>()
  const listener = on(resolve)
  return promise.finally(() => listener[Symbol.dispose]())
}

/** The body of a file message in v1. */
function fileBody(key: string | null, path: string) {
  return { key, name: path.split('/').at(-1), path }
}

/** What Python sends, and what a v1 client gets. */
const toV1: readonly (readonly [OutgoingMessage['type'], content: unknown, body: unknown])[] = [
  ['text', '你好 "q" 🚀', '你好 "q" 🚀'],
  ['json', { n: [1, 2.5, null] }, '{"n": [1, 2.5, null]}'],
  ['dict', { nested: { a: [1, null, true] }, 名: '值' }, { nested: { a: [1, null, true] }, 名: '值' }],
  ['bytes', Buffer.from([0, 1, 254, 255]), new Uint8Array([0, 1, 254, 255])],
  ['file', 'src/a.txt', fileBody(null, 'src/a.txt')],
  ['image', 'src/图.png', fileBody(null, 'src/图.png')],
  ['folder', 'src', fileBody(null, 'src')],
]

const uploaded = { key: 'cross_comm/carol/1_abcdef01.txt', name: 'a.txt', path: 'src/a.txt' }

/** What a v1 client sends, and the type, content and key that Python gets. */
const toPython: readonly (readonly [type: Message['type'], body: unknown, got: readonly unknown[]])[] = [
  ['text', '你好 "q" 🚀', ['text', '你好 "q" 🚀', null]],
  ['json', '{"n": 1.0}', ['json', '{"n": 1.0}', null]],
  ['dict', { n: [1, null] }, ['dict', { n: [1, null] }, null]],
  ['bytes', new Uint8Array([0, 255]), ['bytes', Buffer.from([0, 255]), null]],
  ['file', uploaded, ['file', 'src/a.txt', uploaded.key]],
  ['image', uploaded, ['image', 'src/a.txt', uploaded.key]],
  ['folder', { key: 'k_folder/', name: 'src' }, ['folder', 'src', 'k_folder/']],
  ['audio', uploaded, ['file', 'src/a.txt', uploaded.key]],
]

suite('unmodified programs of the original library on the hub', { skip }, () => {
  let post: Awaited<ReturnType<typeof startPost>>
  before(async () => {
    post = await startPost()
  })
  after(() => post?.[Symbol.asyncDispose]())

  test('send every type to a v1 client', async () => {
    const { alice, carol } = post
    for (const [type, content, body] of toV1) {
      const received = once((handler) => carol.on('*', handler))
      assert.ok(await alice.send({ to: 'carol', type, content }))
      const message = await received
      assert.deepEqual([message.type, message.from, message.to], [type, 'alice', 'carol'])
      assert.deepEqual(message.body, body)
      assert.match(message.id, /^alice_\d{13}_[0-9a-f]{8}$/)
    }
  })

  test('receive every type from a v1 client', async () => {
    const { bob, carol } = post
    for (const [type, body, got] of toPython) {
      await carol.send('bob', body, { type })
      const { msg_type, content, oss_key, from_client_id, to_client_id } = await bob.next()
      assert.ok(isDeepStrictEqual([msg_type, content, oss_key], got), `${type}: ${JSON.stringify(content)}`)
      assert.deepEqual([from_client_id, to_client_id], ['carol', 'bob'])
    }
    await assert.rejects(carol.send('bob', 1, { type: 'x-number' }), { code: 'unrepresentable' })
  })

  test('exchange messages with each other, numbers as they were spelled and NaN included', async () => {
    const { alice, bob } = post
    const json = '{"one": 1.0, "big": 12345678901234567890123, "none": NaN, "most": [Infinity, -Infinity]}'
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      assert.ok(await from.send({ to: to.id, type: 'dict', json }))
      const dict = await to.next()
      assert.deepEqual([dict.contentJson, dict.from_client_id], [json, from.id])
      const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index))
      assert.ok(await from.send({ to: to.id, type: 'bytes', content: bytes }))
      assert.deepEqual((await to.next()).content, bytes)
    }
  })

  test('reach everyone but themselves, and themselves not even directly, as their library wants it', async () => {
    const { alice, bob, carol } = post
    const received = once((handler) => carol.on('text', handler))
    assert.ok(await alice.send({ type: 'text', content: 'to all' }))
    assert.equal((await bob.next()).to_client_id, 'all')
    assert.equal((await received).to, 'all')
    await carol.send('all', 'from carol')
    assert.equal((await bob.next()).content, 'from carol')
    assert.equal((await alice.next()).content, 'from carol')
  })

  test('are heard by the hub, and hear it as server', async () => {
    const { hub, alice } = post
    const received = once((handler) => hub.on('text', handler))
    assert.ok(await alice.send({ to: 'server', type: 'text', content: 'to the server' }))
    const { from, to, body } = await received
    assert.deepEqual([from, to, body], ['alice', 'hub', 'to the server'])
    const { id } = await hub.send('alice', { from: 'the hub' })
    const answer = await alice.next()
    assert.deepEqual([answer.msg_id, answer.from_client_id, answer.content], [id, 'server', { from: 'the hub' }])
  })

  test('list who is there, in both ways, truthfully', async () => {
    const { alice } = post
    const online = await alice.list(true)
    assert.deepEqual(
      online?.clients.map(({ client_id, status }) => [client_id, status]),
      ['alice', 'bob', 'carol'].map((id) => [id, 'online']),
    )
    assert.deepEqual([online?.total_count, online?.only_show_online], [3, true])
    for (const { last_heartbeat, login_time } of online?.clients ?? []) {
      assert.ok(Math.abs(last_heartbeat - Date.now() / 1000) < 100)
      assert.ok(Number(login_time) <= last_heartbeat)
    }
    const [first, second] = await Promise.all([alice.list(false), post.bob.list(false)])
    assert.deepEqual([first?.only_show_online, second?.total_count], [false, 3])
  })

  test('log out with 1000, are offline at once, and find what was sent meanwhile when they come back', async () => {
    const { hub, alice, bob, carol, port } = post
    await bob.logout()
    assert.deepEqual(await bob.closed(), { code: 1000, reason: '' })
    assert.deepEqual(hub.onlineClients(), ['alice', 'carol'])
    const everyone = await alice.list(false)
    assert.equal(everyone?.clients.find(({ client_id }) => client_id === 'bob')?.status, 'offline')
    await carol.send('bob', 'first')
    assert.ok(await alice.send({ to: 'bob', type: 'dict', json: '{"n": NaN}' }))
    // The answer comes behind the message: the hub has it.
    await alice.list(true)
    await carol.send('bob', 'last')
    await login(bob, { port, id: 'bob' })
    const received: PeerMessage[] = [await bob.next(), await bob.next(), await bob.next()]
    assert.deepEqual(
      received.map(({ contentJson }) => contentJson),
      ['"first"', '{"n": NaN}', '"last"'],
    )
  })

  test('lose their link when it is dropped, and go on with a new login without repetitions', async () => {
    const { bob, carol, port } = post
    await carol.send('bob', 'before')
    assert.equal((await bob.next()).content, 'before')
    // Answers in order prove that the pong behind the delivery has reached the hub.
    await bob.list(true)
    await bob.drop()
    assert.deepEqual(await bob.closed(), { code: 1006, reason: '' })
    await carol.send('bob', 'meanwhile')
    await login(bob, { port, id: 'bob' })
    assert.equal((await bob.next()).content, 'meanwhile')
    await carol.send('bob', 'afterwards')
    assert.equal((await bob.next()).content, 'afterwards')
    assert.deepEqual(bob.messages(), [])
  })

  test('take over from each other under one id: the older one is closed with 4409', async () => {
    const { alice, carol, port } = post
    await using second = await PythonPeer.start()
    await login(second, { port, id: 'alice' })
    assert.deepEqual(await alice.closed(), { code: 4409, reason: 'alice has connected again' })
    await carol.send('alice', 'to the second')
    assert.equal((await second.next()).content, 'to the second')
    await login(alice, { port, id: 'alice' })
    assert.equal((await second.closed()).code, 4409)
    await carol.send('alice', 'to the first')
    assert.equal((await alice.next()).content, 'to the first')
  })

  test('log in under ids of their own making and odd ones', async () => {
    const { carol, port } = post
    await using peer = await PythonPeer.start()
    for (const id of [undefined, '设备 1', 'group:x', 'a b:c']) {
      await login(peer, { port, ...(id !== undefined && { id }) })
      const received = once((handler) => carol.on('text', handler))
      assert.ok(await peer.send({ to: 'carol', type: 'text', content: 'hi' }))
      const { from } = await received
      assert.equal(from, id === 'group:x' ? 'client:group:x' : peer.id)
      await carol.send(from, 'and back')
      assert.equal((await peer.next()).to_client_id, peer.id)
      await peer.logout()
      await peer.closed()
    }
  })

  test('are told when the hub stops, with 1001', async () => {
    const { hub, alice, bob } = post
    await hub.drain()
    assert.deepEqual(
      (await Promise.all([alice.closed(), bob.closed()])).map(({ code }) => code),
      [1001, 1001],
    )
    assert.equal(await alice.send({ type: 'text', content: 'too late' }), false)
  })
})

suite('the heartbeat of a Python program', { skip }, () => {
  test('keeps it online although it says nothing else', async () => {
    const clock = new ManualClock()
    await using hub = new Hub({ clock })
    const { port } = await hub.listen({ port: 0 })
    await using peer = await PythonPeer.start()
    await login(peer, { port, id: 'beating', heartbeatInterval: 0.05 })
    // Each step is shorter than the 20 s between the pings of the hub, so that no pong can be taken for a heartbeat.
    for (let step = 0; step < 10; step++) {
      clock.advance(15_000)
      await heard(hub, clock.now())
    }
    assert.deepEqual(hub.onlineClients(), ['beating'])
    await peer.logout()
    await peer.closed()
  })
})

/** Waits until the hub has heard of its only client at a time of its clock. */
async function heard(hub: Hub, at: number): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((resolve) => setImmediate(resolve))) {
    if (hub.clients()[0]?.lastSeen === at) return
  }
  throw new Error('no heartbeat came')
}
