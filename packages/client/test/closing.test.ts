import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '@posthouse/core'
import { ScriptedHub, withCode } from './scripted-hub.ts'

suite('drain', () => {
  test('waits for confirmations and handlers, then says good-bye', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock })
    const { client, peer } = online
    const handler = Promise.withResolvers<void>()
    const called = new Promise<void>((resolve) => {
      client.on('*', () => {
        resolve()
        return handler.promise
      })
    })
    peer.deliver({ seq: 1 })
    await called
    const sent = client.send('bob', 'x')
    const drained = client.drain()
    assert.equal(client.drain(), drained)
    await peer.next('send')
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    await sent
    assert.equal(client.state, 'online')
    handler.resolve()
    assert.deepEqual(await peer.message(), [{ op: 'ack', seq: 1 }])
    assert.deepEqual(await peer.message(), [{ op: 'bye' }])
    assert.equal((await peer.closed).code, 1000)
    await drained
    assert.equal(client.state, 'closed')
    assert.equal(clock.pending, 0)
  })

  test('lets handlers answer, and takes no more messages', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const gate = Promise.withResolvers<void>()
    const heard: string[] = []
    client.on('*', async ({ id, from }) => {
      heard.push(id)
      await gate.promise
      await client.send(from, 'answer')
    })
    peer.deliver({ seq: 1 })
    peer.write({ op: 'ping' })
    await peer.next('pong')
    const drained = client.drain()
    peer.deliver({ seq: 2 }, { id: 'live' })
    peer.write({ op: 'ping' })
    await peer.next('pong')
    gate.resolve()
    await peer.next('send')
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    assert.equal((await peer.next('ack')).seq, 1)
    await peer.next('bye')
    await drained
    assert.deepEqual(heard, ['m1'])
  })

  test('gives up after timeoutMs, closes all the same and says so', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock })
    const { client, peer } = online
    const pending = assert.rejects(client.send('bob', 'x'), withCode('closed'))
    await peer.next('send')
    const { pending: timers } = clock
    const late = assert.rejects(client.drain({ timeoutMs: 700 }), withCode('timeout'))
    // The code for draining is loaded first.
    while (clock.pending === timers) await new Promise(setImmediate)
    clock.advance(700)
    await late
    await pending
    assert.equal(clock.pending, 0)
  })

  test('does not wait for a client that nobody connects', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    const client = hub.client({ clock })
    const pending = assert.rejects(client.send('bob', 'x'), withCode('closed'))
    await assert.rejects(client.drain(), withCode('timeout'))
    await pending
    await hub.client({ clock }).drain()
    assert.equal(clock.pending, 0)
  })

  test('ends with what was left when the hub wants no more of the client', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock })
    const { client, peer } = online
    const handler = Promise.withResolvers<void>()
    const called = new Promise<void>((resolve) => {
      client.on('*', () => {
        resolve()
        return handler.promise
      })
    })
    peer.deliver({ seq: 1 })
    await called
    // The heartbeat waits on the clock, and then the drain.
    const before = clock.pending
    const late = assert.rejects(client.drain({ timeoutMs: 1e9 }), withCode('timeout'))
    while (clock.pending === before) await new Promise(setImmediate)
    peer.close(4403)
    await late
    assert.equal(client.state, 'closed')
    assert.equal(clock.pending, 0)
    handler.resolve()
  })

  test('ends when the message that it waits for is withdrawn', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({ reconnect: { baseMs: 1e9, capMs: 1e9 } })
    const { client, peer } = online
    const waiting = new Promise<void>((resolve) => client.watch('state', () => resolve()))
    peer.cut()
    await waiting
    const controller = new AbortController()
    const aborted = assert.rejects(client.send('bob', 'x', { signal: controller.signal }), withCode('aborted'))
    const drained = client.drain({ timeoutMs: 1e9 })
    controller.abort()
    await aborted
    await drained
  })
})

suite('close', () => {
  test('rejects what is pending, says good-bye and leaves no timer', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    const { client, peer } = await hub.online({ clock })
    let calls = 0
    client.on('*', () => ++calls)
    const stored = assert.rejects(client.send('bob', 'x'), withCode('closed'))
    const listed = assert.rejects(client.clients(), (error: { code: string }) =>
      /closed|not_connected/.test(error.code),
    )
    await peer.message()
    const closed = client.close()
    assert.equal(client.close(), closed)
    assert.equal(client.state, 'closed')
    peer.deliver({ seq: 1 })
    await Promise.all([stored, listed, closed])
    assert.equal((await peer.next('bye')).op, 'bye')
    assert.equal((await peer.closed).code, 1000)
    assert.equal(clock.pending, 0)
    assert.equal(calls, 0)
    for (const use of [client.connect(), client.send('bob', 'x'), client.clients()]) {
      await assert.rejects(use, withCode('closed'))
    }
    assert.throws(() => client.on('*', () => undefined), { code: 'closed' })
    assert.throws(() => client.watch('state', () => undefined), { code: 'closed' })
    client.reconnect()
    await client.drain()
  })

  test('does not acknowledge what a handler still works on', async () => {
    await using hub = await ScriptedHub.start()
    const { client, peer } = await hub.online()
    const handler = Promise.withResolvers<void>()
    client.on('*', () => handler.promise)
    peer.deliver({ seq: 1 })
    peer.write({ op: 'ping' })
    await peer.next('pong')
    const closed = client.close()
    handler.resolve()
    await closed
    assert.deepEqual(await peer.message(), [{ op: 'bye' }])
    assert.equal(peer.waiting, 0)
  })

  test('waits two seconds at most for a hub that does not answer', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    const { client, peer } = await hub.online({ clock })
    peer.freeze()
    const closed = client.close()
    clock.advance(2000)
    await closed
    assert.equal(clock.pending, 0)
  })

  test('ends attempts and waits', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    const connecting = hub.client({ clock })
    const refused = assert.rejects(connecting.connect(), withCode('closed'))
    await hub.connection()
    await connecting.close()
    await refused
    const waiting = hub.client({ clock })
    const given = assert.rejects(waiting.connect({ retry: true }), withCode('closed'))
    const told = new Promise<void>((resolve) => {
      waiting.watch('state', ({ state }) => state === 'waiting' && resolve())
    })
    ;(await hub.connection()).cut()
    await told
    await waiting.close()
    await given
    const early = hub.client({ clock, token: () => new Promise(() => undefined) })
    const never = assert.rejects(early.connect(), withCode('closed'))
    await early.close()
    await never
    assert.equal(clock.pending, 0)
    assert.equal(hub.waiting, 0)
  })

  test('can be called by a watcher, at any moment', async () => {
    await using hub = await ScriptedHub.start()
    for (const moment of ['connecting', 'online', 'waiting', 'closed']) {
      const clock = new ManualClock()
      const client = hub.client({ clock })
      const closed = new Promise<void>((resolve) => {
        client.watch('state', ({ state }) => state === moment && resolve(client.close()))
      })
      const connected = client.connect({ retry: true }).catch((error: { code: string }) => error.code)
      if (moment !== 'connecting') {
        const peer = await hub.connection()
        await peer.welcome()
        await connected
        if (moment === 'waiting') peer.cut()
        if (moment === 'closed') peer.close(4409)
      }
      await closed
      assert.equal(client.state, 'closed')
      assert.equal(clock.pending, 0)
    }
  })

  test('lets the process end', async () => {
    await using hub = await ScriptedHub.start()
    const program = fileURLToPath(new URL('closing-program.ts', import.meta.url))
    const args = ['--conditions=@posthouse/source', program, hub.url]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const peer = await hub.connection()
    await peer.welcome()
    const [code] = await once(child, 'exit')
    assert.equal(code, 0)
  })
})
