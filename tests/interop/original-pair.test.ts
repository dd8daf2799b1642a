import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import {
  type OutgoingMessage,
  PYTHON_PEERS_MISSING,
  PythonPeer,
  PythonServer,
  pythonPeersAvailable,
} from './python-peer.ts'

const skip = pythonPeersAvailable() === undefined && PYTHON_PEERS_MISSING

async function startPair() {
  await using starting = new AsyncDisposableStack()
  const [server, alice, bob] = await Promise.all([PythonServer.start(), PythonPeer.start(), PythonPeer.start()])
  for (const process of [server, alice, bob]) starting.use(process)
  await login(alice, 'alice', server)
  await login(bob, 'bob', server)
  const running = starting.move()
  return { server, alice, bob, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function login(peer: PythonPeer, id: string, server: PythonServer) {
  assert.ok(await peer.login({ port: server.port, id }))
  await peer.next((message) => message.msg_type === 'login_response')
}

async function exchange(from: PythonPeer, to: PythonPeer, message: OutgoingMessage) {
  assert.ok(await from.send({ to: to.id, ...message }))
  const received = await to.next()
  assert.equal(received.msg_type, message.type)
  assert.equal(received.from_client_id, from.id)
  return received
}

function bothWays({ alice, bob }: { alice: PythonPeer; bob: PythonPeer }) {
  return [
    [alice, bob],
    [bob, alice],
  ] as const
}

suite('two clients of the original library on the original server', { skip }, () => {
  let pair: Awaited<ReturnType<typeof startPair>>
  before(async () => {
    pair = await startPair()
  })
  after(() => pair[Symbol.asyncDispose]())

  test('exchange text, json and dict', async () => {
    for (const [from, to] of bothWays(pair)) {
      const text = await exchange(from, to, { type: 'text', content: '你好 "q" 🚀' })
      assert.equal(text.content, '你好 "q" 🚀')
      assert.equal(text.to_client_id, to.id)
      assert.equal(text.oss_key, null)
      assert.match(text.msg_id, new RegExp(`^${from.id}_\\d{13}_[0-9a-f]{8}$`))

      const json = await exchange(from, to, { type: 'json', content: { n: [1, 2] } })
      assert.equal(json.content, '{"n": [1, 2]}')

      const dict = await exchange(from, to, { type: 'dict', content: { nested: { a: [1, null, true] } } })
      assert.deepEqual(dict.content, { nested: { a: [1, null, true] } })
    }
  })

  test('exchange bytes and numbers that JSON does not have', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    for (const [from, to] of bothWays(pair)) {
      const received = await exchange(from, to, { type: 'bytes', content: bytes })
      assert.deepEqual(received.content, Buffer.from(bytes))

      const json = '{"one": 1.0, "big": 12345678901234567890123, "none": NaN, "most": Infinity}'
      const numbers = await exchange(from, to, { type: 'dict', json })
      assert.equal(numbers.contentJson, json)
    }
  })

  test('reach each other with a broadcast, which the sender does not receive', async () => {
    assert.ok(await pair.alice.send({ type: 'text', content: 'to all' }))
    assert.equal((await pair.bob.next()).to_client_id, 'all')
    await exchange(pair.bob, pair.alice, { type: 'text', content: 'after it' })
    assert.deepEqual(pair.alice.messages(), [])
  })

  test('see each other in the list, still online after a logout that closes with 1000', async () => {
    const ids = async () => (await pair.alice.list(true))?.clients.map(({ client_id }) => client_id)
    assert.deepEqual(await ids(), ['alice', 'bob'])
    await pair.bob.logout()
    assert.deepEqual(await pair.bob.closed(), { code: 1000, reason: '' })
    assert.deepEqual(await ids(), ['alice', 'bob'])
  })

  test('lose the link without a close frame when it is dropped, and with 1001 when the server stops', async () => {
    await login(pair.bob, 'bob', pair.server)
    await pair.bob.drop()
    assert.deepEqual(await pair.bob.closed(), { code: 1006, reason: '' })
    assert.equal(await pair.bob.send({ type: 'text', content: 'too late' }), false)
    await pair.server[Symbol.asyncDispose]()
    assert.equal((await pair.alice.closed()).code, 1001)
  })

  test('get an error that names the command when the harness is asked for something impossible', async () => {
    await using peer = await PythonPeer.start()
    await assert.rejects(peer.drop(), /drop: AttributeError/)
  })
})
