import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { startHub } from './start-hub.ts'

suite('the window of unacknowledged deliveries', () => {
  test('stops a client that does not acknowledge; others go on; it catches up in order', async () => {
    await using server = await startHub({ limits: { windowMessages: 4 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await RawPeer.login(server.url, 'carol', { dialect: 'msgpack' })
    const behind: unknown[] = []
    for (let n = 1; n <= 200; n++) {
      await alice.publish('all', n)
      carol.ack(await carol.next('deliver'))
    }
    const stuck = await bob.deliveries(4)
    assert.deepEqual(await bob.settled(), [])
    for (let frame = stuck.at(-1); frame !== undefined && behind.length < 196; frame = undefined) {
      for (let last = frame; behind.length < 196; ) {
        bob.ack(last)
        last = await bob.next('deliver')
        behind.push(last.id)
      }
    }
    assert.deepEqual(
      behind,
      Array.from({ length: 196 }, (_, index) => `m${index + 5}`),
    )
  })

  test('counts bytes too, but lets one message pass however large', async () => {
    await using server = await startHub({ limits: { windowBytes: 1000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 3; n++) await alice.publish('bob', n, { body: 'x'.repeat(5000) })
    const first = await bob.next('deliver')
    assert.deepEqual(await bob.settled(), [])
    bob.ack(first)
    assert.equal((await bob.next('deliver')).id, 'm2')
    assert.deepEqual(await bob.settled(), [])
  })

  test('is no obstacle for live messages', async () => {
    await using server = await startHub({ limits: { windowMessages: 1 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await alice.publish('bob', 1)
    await alice.publish('bob', 2)
    alice.send(message('bob', 3, { n: undefined, qos: 0 }))
    await bob.next(({ id }) => id === 'm1')
    assert.equal((await bob.next('deliver')).id, 'm3')
  })

  test('opens by acknowledgements only up to what was delivered on this connection', async () => {
    await using server = await startHub({ limits: { windowMessages: 2 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 5; n++) await alice.publish('bob', n)
    const [, second] = await bob.deliveries(2)
    bob.send({ op: 'ack', seq: Number(second?.seq) + 1 })
    assert.deepEqual(codeOf(await bob.next('error')), 'unexpected_frame')
    bob.send({ op: 'ack', seq: second?.seq, stream: 'channel:x' })
    assert.deepEqual(codeOf(await bob.next('error')), 'unsupported')
    bob.send({ op: 'ack', seq: 0 }, { op: 'ack', seq: second?.seq, stream: 'inbox' }, { op: 'ack', seq: second?.seq })
    assert.deepEqual(
      (await bob.deliveries(2)).map(({ id }) => id),
      ['m3', 'm4'],
    )
  })

  test('and the batches: what a tick has brought travels in one message of at most 256 frames', async () => {
    await using server = await startHub({ limits: { windowMessages: 1000, inFlight: 1000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    bob.bursts.length = 0
    for (const start of [0, 200]) {
      alice.send(...Array.from({ length: 200 }, (_, index) => message('bob', start + index + 1)))
    }
    const ids = (await bob.deliveries(400)).map(({ id }) => id)
    assert.deepEqual(
      ids,
      Array.from({ length: 400 }, (_, index) => `m${index + 1}`),
    )
    assert.ok(bob.bursts.length <= 4, `${bob.bursts}`)
    assert.ok(Math.max(...bob.bursts) <= 256)
  })

  test('and the batches: no message grows beyond the frame limit', async () => {
    await using server = await startHub({ limits: { windowBytes: 10_000_000, frameBytes: 300_000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 5; n++) alice.send(message('bob', n, { body: 'x'.repeat(100_000) }))
    await bob.deliveries(5)
    const sizes = bob.raw.messages.untaken.map(({ data }) => data.length)
    assert.ok(Math.max(...sizes) <= 300_000, `${sizes}`)
  })
})
