import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite, test } from 'node:test'
import { HubClient, type StateChange } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import { nextState, ScriptedHub, withCode } from './scripted-hub.ts'

function statesOf(client: HubClient): string[] {
  const states: string[] = []
  client.watch('state', ({ state }: StateChange) => states.push(state))
  return states
}

/** A server whose requests are never upgraded: `port` is taken, `answer` decides what happens. */
async function httpServer(answer: 'refuse' | 'silence') {
  const server = createServer((_, response) => response.writeHead(503).end())
  if (answer === 'silence') server.on('upgrade', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  return { url: `ws://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => close().then(() => undefined) }
}

suite('connecting', () => {
  test('leaves a last will with the hub, as it is said, each time', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client({ will: { to: 'group:ops', body: { gone: true }, qos: 0 } })
    const connected = client.connect()
    const peer = await hub.connection()
    const will = { to: 'group:ops', type: 'dict', body: { gone: true }, qos: 0 } as const
    assert.deepEqual((await peer.welcome()).will, will)
    await connected
    peer.cut()
    const next = await hub.connection()
    assert.deepEqual((await next.welcome()).will, will)
    assert.throws(() => hub.client({ dialect: 'cross_comm', will }), withCode('invalid_option'))
  })

  test('resolves with the welcome, whose facts can be read', async () => {
    await using hub = await ScriptedHub.start()
    const client = hub.client({ token: 'secret' })
    assert.equal(client.clientId, 'alice')
    assert.equal(client.state, 'idle')
    const before = client.welcome
    assert.equal(before, undefined)
    const states = statesOf(client)
    const connected = client.connect()
    assert.equal(client.state, 'connecting')
    const peer = await hub.connection()
    const hello = await peer.welcome()
    assert.equal(hello.client, 'alice')
    assert.equal(hello.token, 'secret')
    assert.equal(hello.resume, undefined)
    await connected
    const { welcome } = client
    assert.deepEqual(
      { ...welcome, limits: welcome?.limits.inFlight },
      {
        durability: 'process',
        node: 'scripted',
        resumed: false,
        limits: 256,
        caps: ['list', 'presence'],
        serverTime: 1,
      },
    )
    await client.connect()
    assert.equal(hub.waiting, 0)
    await client.close()
    assert.deepEqual(states, ['connecting', 'online', 'closed'])
  })

  test('several callers share one attempt', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const all = Promise.all([client.connect(), client.connect({ retry: true }), client.connect()])
    await (await hub.connection()).welcome()
    await all
    assert.equal(hub.waiting, 0)
  })

  test('to nobody is unreachable, and the client is idle again', async () => {
    const hub = await ScriptedHub.start()
    const { url } = hub
    await hub[Symbol.asyncDispose]()
    await using client = new HubClient({ url })
    await assert.rejects(client.connect(), withCode('unreachable'))
    assert.equal(client.state, 'idle')
    await assert.rejects(client.connect(), withCode('unreachable'))
  })

  test('to a server that refuses the upgrade is unreachable', async () => {
    await using server = await httpServer('refuse')
    await using client = new HubClient({ url: server.url })
    await assert.rejects(client.connect(), withCode('unreachable'))
  })

  test('takes connectTimeoutMs at most, whether the server or the hub is silent', async () => {
    await using server = await httpServer('silence')
    await using hub = await ScriptedHub.start()
    for (const url of [server.url, hub.url]) {
      const clock = new ManualClock()
      await using client = new HubClient({ url, clock, connectTimeoutMs: 3000 })
      const refused = assert.rejects(client.connect(), withCode('unreachable'))
      if (url === hub.url) await (await hub.connection()).next('hello')
      clock.advance(2999)
      assert.equal(client.state, 'connecting')
      clock.advance(1)
      await refused
      assert.equal(client.state, 'idle')
      assert.equal(clock.pending, 0)
    }
  })

  test('with retry goes on after failures', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using client = hub.client({ clock })
    const connected = client.connect({ retry: true })
    for (const waitMs of [250, 500, 1000]) {
      const waiting = nextState(client, 'waiting')
      const peer = await hub.connection()
      peer.cut()
      assert.equal((await waiting).waitMs, waitMs)
      clock.advance(waitMs)
    }
    await (await hub.connection()).welcome()
    await connected
  })

  test('can be given up, and leaves nothing behind', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using client = hub.client({ clock })
    const controller = new AbortController()
    const aborted = assert.rejects(client.connect({ signal: controller.signal, retry: true }), withCode('aborted'))
    const peer = await hub.connection()
    await peer.next('hello')
    controller.abort()
    await aborted
    assert.equal(client.state, 'idle')
    assert.equal(clock.pending, 0)
    await peer.closed
    await assert.rejects(client.connect({ signal: controller.signal }), withCode('aborted'))
    assert.equal(client.state, 'idle')
  })

  test('goes on for the others when one caller gives up', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const controller = new AbortController()
    const aborted = assert.rejects(client.connect({ signal: controller.signal }), withCode('aborted'))
    const connected = client.connect()
    controller.abort()
    await aborted
    await (await hub.connection()).welcome()
    await connected
  })

  test('is refused where the hub does not speak the protocol', async () => {
    await using hub = await ScriptedHub.start()
    for (const words of ['{"op":"welcome"}', '{"op":"sent","n":1,"state":"stored"}', 'nonsense']) {
      await using client = hub.client()
      const refused = assert.rejects(client.connect(), (error: { code: string }) => {
        assert.match(error.code, /^(invalid_field|unexpected_frame|malformed_frame)$/)
        return true
      })
      const peer = await hub.connection()
      await peer.next('hello')
      peer.send(words)
      await refused
      assert.equal(client.state, 'idle')
      assert.equal((await peer.closed).code, 4400)
    }
  })

  test('asks a token function for each attempt', async () => {
    await using hub = await ScriptedHub.start()
    let count = 0
    await using client = hub.client({ token: async () => `token-${++count}`, random: () => 0 })
    const connected = client.connect()
    const first = await hub.connection()
    assert.equal((await first.welcome()).token, 'token-1')
    await connected
    first.cut()
    assert.equal((await (await hub.connection()).welcome()).token, 'token-2')
  })

  test('without a token that could be had is unauthenticated', async () => {
    await using hub = await ScriptedHub.start()
    const cause = new Error('the token server is away')
    await using client = hub.client({ token: () => Promise.reject(cause) })
    await assert.rejects(
      client.connect(),
      (error: Error) => withCode('unauthenticated')(error as never) && error.cause === cause,
    )
    assert.equal(client.state, 'idle')
  })

  test('options are checked by the constructor', () => {
    for (const options of [
      { url: 'http://127.0.0.1' },
      { url: 'not a url' },
      { connectTimeoutMs: 0 },
      { maxPending: Number.NaN },
      { outbox: { bytes: -1 } },
      { reconnect: { baseMs: 0 } },
      { heartbeatTimeoutMs: -1 },
    ]) {
      assert.throws(() => new HubClient(options), { code: 'invalid_option' })
    }
    // @ts-expect-error the compiler refuses it too
    assert.throws(() => new HubClient({ dialect: 'xml' }), { code: 'invalid_option' })
    assert.throws(() => new HubClient({ clientId: 'a\tb' }), { code: 'invalid_client_id' })
  })
})
