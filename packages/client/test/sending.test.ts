import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { SendFrame } from '@posthouse/protocol'
import { ScriptedHub, withCode } from './scripted-hub.ts'

suite('sending', () => {
  test('messages of one synchronous run leave in one WebSocket message and are answered together', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const sends = ['one', 'two', 'three'].map((body) => client.send('bob', body))
    const frames = await peer.message()
    assert.deepEqual(
      frames.map((frame) => (frame.op === 'send' ? frame.n : frame.op)),
      [1, 2, 3],
    )
    peer.write({ op: 'sent', n: 3, state: 'stored' })
    const results = await Promise.all(sends)
    assert.deepEqual(
      results.map(({ state, id }) => [state, id]),
      frames.map((frame) => ['stored', (frame as SendFrame).id]),
    )
  })

  test('an array holds no more frames and bytes than the hub allows', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({}, { limits: { framesPerArray: 2, frameBytes: 1000 } })
    const { client, peer } = online
    const sends = ['a', 'b', 'c', 'd'.repeat(500), 'e'.repeat(500)].map((body) => client.send('bob', body))
    const sizes: number[] = []
    while (sizes.reduce((sum, size) => sum + size, 0) < 5) sizes.push((await peer.message()).length)
    assert.deepEqual(sizes, [2, 2, 1])
    peer.write({ op: 'sent', n: 5, state: 'stored' })
    await Promise.all(sends)
  })

  test('no more than limits.inFlight messages are under way', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({}, { limits: { inFlight: 2 } })
    const { client, peer } = online
    const sends = [1, 2, 3, 4, 5].map((n) => client.send('bob', { n }))
    assert.equal((await peer.message()).length, 2)
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    assert.deepEqual((await peer.message()).length, 1)
    peer.write({ op: 'sent', n: 3, state: 'stored' })
    assert.equal((await peer.message()).length, 2)
    peer.write({ op: 'sent', n: 5, state: 'duplicate' })
    const states = (await Promise.all(sends)).map(({ state }) => state)
    assert.deepEqual(states, ['stored', 'stored', 'stored', 'duplicate', 'duplicate'])
  })

  test('a refusal of the hub rejects its message and no other', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const [first, second, third] = ['bob', 'eve', 'bob'].map((to) => client.send(to, 'x'))
    await peer.message()
    peer.write(
      { op: 'sent', n: 1, state: 'stored' },
      { op: 'sent', n: 2, error: { code: 'inbox_full', number: 3005, message: 'eve is away', retry: true } },
      { op: 'sent', n: 3, state: 'stored' },
    )
    await Promise.all([first, third])
    await assert.rejects(second ?? assert.fail(), withCode('inbox_full'))
  })

  test('the options of a message are on the wire', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const headers = { trace: 'x' }
    const sent = client.send('client:bob', '{"a": 1}', {
      type: 'json',
      id: 'my-id',
      ttlMs: 500,
      headers,
      replyTo: 'carol',
    })
    const { body, ...frame } = await peer.next('send')
    assert.deepEqual(frame, {
      op: 'send',
      id: 'my-id',
      to: 'client:bob',
      type: 'json',
      n: 1,
      ttlMs: 500,
      headers,
      replyTo: 'carol',
    })
    assert.equal(new TextDecoder().decode(body.format === 'json' ? body.bytes : undefined), '"{\\"a\\": 1}"')
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    assert.deepEqual(await sent, { id: 'my-id', state: 'stored' })
  })

  test('a body is copied when it is sent, not when it is written', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const body = { list: [1] }
    const sent = client.send('bob', body)
    body.list.push(2)
    const connected = client.connect()
    const peer = await hub.connection()
    await peer.welcome()
    await connected
    const frame = await peer.next('send')
    assert.equal(new TextDecoder().decode(frame.body.format === 'json' ? frame.body.bytes : undefined), '{"list":[1]}')
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    await sent
  })

  test('what cannot be sent is refused before anything is', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    await assert.rejects(client.send('bob\n', 'x'), withCode('invalid_address'))
    await assert.rejects(client.send('bob', '{', { type: 'json' }), withCode('invalid_body'))
    await assert.rejects(client.send('bob', [1]), withCode('invalid_body'))
    await assert.rejects(client.send('bob', { n: Number.NaN }), withCode('unrepresentable'))
    await assert.rejects(client.send('bob', { n: 2n ** 64n }), withCode('unrepresentable'))
    await assert.rejects(client.send('bob', 'x', { ttlMs: 0 }), withCode('invalid_option'))
    await assert.rejects(client.send('bob', 'x', { id: '' }), withCode('invalid_option'))
    await assert.rejects(client.send('bob', 'x', { replyTo: '' }), withCode('invalid_address'))
    await assert.rejects(
      client.send('bob', 'x', { headers: { ['h'.repeat(1_100_000)]: 'v' } }),
      withCode('frame_too_large'),
    )
    const signal = AbortSignal.abort()
    await assert.rejects(client.send('bob', 'x', { signal }), withCode('aborted'))
    const sent = client.send('bob', 'é'.repeat(131_071))
    assert.equal((await peer.message()).length, 1)
    peer.write({ op: 'sent', n: 100, state: 'stored' })
    await sent
  })

  test('a message queued before the hub named a smaller frame limit is refused, not written', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const [large, small] = [client.send('bob', 'x'.repeat(2000)), client.send('bob', 'y')]
    const refused = assert.rejects(large, withCode('frame_too_large'))
    const connected = client.connect()
    const peer = await hub.connection()
    await peer.welcome({ limits: { frameBytes: 1000 } })
    await connected
    assert.equal((await peer.next('send')).n, 2)
    await refused
    peer.write({ op: 'sent', n: 2, state: 'stored' })
    await small
  })

  test('the outbox is bounded, in messages and in bytes', async () => {
    await using hub = await ScriptedHub.start()
    await using few = hub.client({ outbox: { messages: 1 } })
    const kept = assert.rejects(few.send('bob', 'x'), withCode('closed'))
    await assert.rejects(few.send('bob', 'y'), withCode('outbox_full'))
    await using small = hub.client({ outbox: { bytes: 500 } })
    await assert.rejects(small.send('bob', 'x'.repeat(500)), withCode('outbox_full'))
    await few.close()
    await kept
  })

  test('a live message needs a connection, and resolves when it was written', async () => {
    await using hub = await ScriptedHub.start()
    await using idle = hub.client()
    await assert.rejects(idle.send('bob', 'x', { qos: 0 }), withCode('not_connected'))
    await using online = await hub.online()
    const { client, peer } = online
    const sent = client.send('bob', 'x', { qos: 0, id: 'live' })
    assert.deepEqual(await sent, { id: 'live', state: 'sent' })
    const frame = await peer.next('send')
    assert.equal(frame.qos, 0)
    assert.equal(frame.n, undefined)
  })

  test('live messages that the network does not take are refused', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online({ outbox: { bytes: 1000 } })
    const { client } = online
    const sends = Array.from({ length: 4 }, () => client.send('bob', 'x'.repeat(200), { qos: 0 }))
    const results = await Promise.allSettled(sends)
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
    )
  })

  test('a refused live message is told to who watches errors', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const told = new Promise((resolve) => client.watch('error', (error) => resolve(error.code)))
    await client.send('eve', 'x', { qos: 0, id: 'live' })
    const info = { code: 'offline', number: 3004, message: 'eve is away', retry: true } as const
    peer.write({ op: 'error', ...info, about: { op: 'send', id: 'live' } })
    assert.equal(await told, 'offline')
  })

  test('a signal withdraws what was not written, and ends the wait for what was', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const early = new AbortController()
    const withdrawn = assert.rejects(client.send('bob', 'one', { signal: early.signal }), withCode('aborted'))
    early.abort()
    await withdrawn
    const connected = client.connect()
    const peer = await hub.connection()
    await peer.welcome()
    await connected
    const late = new AbortController()
    const written = assert.rejects(client.send('bob', 'two', { signal: late.signal }), withCode('aborted'))
    assert.equal((await peer.next('send')).n, 2)
    late.abort()
    await written
    const third = client.send('bob', 'three')
    assert.equal((await peer.next('send')).n, 3)
    peer.write({ op: 'sent', n: 3, state: 'stored' })
    assert.equal((await third).state, 'stored')
  })
})
