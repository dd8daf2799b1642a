import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import type { Message } from '@posthouse/core'
import { PYTHON_PEERS_MISSING, PythonPeer, PythonServer, pythonPeersAvailable } from './python-peer.ts'

const skip = pythonPeersAvailable() === undefined ? PYTHON_PEERS_MISSING : false

describe('the client at an original Python server', { skip }, () => {
  let server: PythonServer
  let python: PythonPeer
  let client: HubClient

  before(async () => {
    server = await PythonServer.start()
    python = await PythonPeer.start()
    await python.login({ port: server.port, id: 'python' })
    client = new HubClient({ url: `ws://127.0.0.1:${server.port}`, clientId: 'typescript', dialect: 'cross_comm' })
    await client.connect()
  })
  after(async () => {
    await client.close()
    await python[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  /** The next message of a type that the client receives. */
  const nextMessage = (type: 'text' | 'json' | 'dict' | 'bytes'): Promise<Message> =>
    new Promise((resolve) => {
      const listener = client.on(type, (message) => {
        listener[Symbol.dispose]()
        resolve(message)
      })
    })

  test('sends every plain type so that Python understands it', async () => {
    await client.send('python', 'hello 你好')
    await client.send('python', '{"a": 1}', { type: 'json' })
    await client.send('python', { cpu: 0.5, list: [1, 2] })
    await client.send('python', new Uint8Array([0, 1, 255]))
    const received = []
    for (const type of ['text', 'json', 'dict', 'bytes']) {
      received.push((await python.next((message) => message.msg_type === type)).content)
    }
    assert.deepEqual(received, ['hello 你好', '{"a": 1}', { cpu: 0.5, list: [1, 2] }, Buffer.from([0, 1, 255])])
  })

  test('receives every plain type as Python sends it', async () => {
    for (const [type, content, expected] of [
      ['text', 'hi', 'hi'],
      ['json', '{"n": 1}', '{"n": 1}'],
      ['dict', { nested: { a: [1, null] } }, { nested: { a: [1, null] } }],
    ] as const) {
      const arriving = nextMessage(type)
      await python.send({ type, to: 'typescript', content })
      const message = await arriving
      assert.deepEqual([message.from, message.to, message.type, message.body], ['python', 'typescript', type, expected])
    }
    const arriving = nextMessage('bytes')
    await python.send({ type: 'bytes', to: 'all', content: new Uint8Array([9, 8, 7]) })
    assert.deepEqual((await arriving).body, new Uint8Array([9, 8, 7]))
  })

  test('sees who is there', async () => {
    const clients = await client.clients()
    assert.deepEqual(clients.map(({ client: id }) => id).sort(), ['python', 'typescript'])
    assert.ok(clients.every(({ online }) => online))
  })
})

test('the client logs in again when a Python server has dropped it', { skip }, async () => {
  const first = await PythonServer.start()
  await using client = new HubClient({
    url: `ws://127.0.0.1:${first.port}`,
    clientId: 'returner',
    dialect: 'cross_comm',
    reconnect: { baseMs: 20, capMs: 50 },
  })
  await client.connect()
  const lost = new Promise<void>((resolve) => {
    client.watch('state', ({ state }) => {
      if (state === 'waiting') resolve()
    })
  })
  const back = new Promise<void>((resolve) => {
    client.watch('state', ({ state }) => {
      if (state === 'online') resolve()
    })
  })
  const { port } = first
  await first[Symbol.asyncDispose]()
  await lost
  await using second = await PythonServer.start({ port })
  await back
  await using python = await PythonPeer.start()
  await python.login({ port: second.port, id: 'python' })
  await client.send('python', 'back again')
  assert.equal((await python.next((message) => message.msg_type === 'text')).content, 'back again')
})
