import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

const body = 'x'.repeat(100_000)

/** Sends live messages until `until`, each followed by a sign that the hub has handed it on. */
async function flood(alice: RawPeer, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    alice.send({ op: 'send', id: `live${n}`, to: 'all', type: 'text', body, qos: 0 })
    if (n % 5 === 4) await alice.settled()
  }
}

/** The largest number of bytes that waited for one peer while `work` was done. */
async function mostQueued(server: RunningHub, work: () => Promise<void>): Promise<number> {
  let most = 0
  let watching = true
  const look = (): void => {
    most = Math.max(most, server.hub.queuedBytes)
    if (watching) setImmediate(look)
  }
  look()
  await work()
  watching = false
  return most
}

suite('a receiver that stops reading', () => {
  test('loses live messages while the others get every one, and the hub keeps a bounded amount for it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using stalled = await RawPeer.login(server.url, 'stalled')
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    stalled.raw.stall()
    const most = await mostQueued(server, () => flood(alice, 300))
    assert.ok(most > 500_000 && most < 3_000_000, `${most}`)
    for (let n = 0; n < 300; n++) {
      assert.equal((await bob.next('deliver')).id, `live${n}`)
      assert.equal((await carol.next()).msg_id, `live${n}`)
    }
    stalled.raw.unstall()
    const kept = (await stalled.settled()).map(({ id }) => Number(String(id).slice(4)))
    assert.ok(kept.length < 300, `${kept.length}`)
    assert.deepEqual(
      kept,
      kept.toSorted((a, b) => a - b),
    )
    assert.ok(server.hub.onlineClients().includes('stalled'))
  })

  test('gets no more stored messages than its window holds, and all of them when it reads on', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using stalled = await RawPeer.login(server.url, 'stalled')
    stalled.raw.stall()
    const most = await mostQueued(server, async () => {
      for (let n = 1; n <= 30; n++) await alice.publish('stalled', n, { body })
    })
    assert.ok(most < 1_500_000, `${most}`)
    stalled.raw.unstall()
    for (let n = 1; n <= 30; n++) {
      const delivery = await stalled.next('deliver')
      assert.equal(delivery.id, `m${n}`)
      stalled.ack(delivery)
    }
  })

  test('and asks for more and more is closed with 4101, and cut off where it does not even read that', async () => {
    await using server = await startTimelessHub()
    await using patient = await RawPeer.login(server.url, 'patient')
    await using greedy = await RawPeer.login(server.url, 'greedy')
    greedy.raw.stall()
    const id = 'x'.repeat(256)
    const pings = Array.from({ length: 256 }, () => ({ op: 'ping', id }))
    const most = await mostQueued(server, async () => {
      for (let sent = 0; sent < 300; sent++) greedy.send(...pings)
      assert.equal((await server.log.code('slow_consumer')).fields.client, 'greedy')
    })
    assert.ok(most < 4_500_000, `${most}`)
    await patient.settled()
    assert.equal(server.hub.connections, 2)
    server.clock.advance(2000)
    await noticed(server, 'greedy')
    assert.equal(server.hub.connections, 1)
    assert.deepEqual(server.hub.onlineClients(), ['patient'])
  })

  test('but sends control pings without end costs the hub next to nothing', async () => {
    await using server = await startTimelessHub()
    await using greedy = await RawPeer.login(server.url, 'greedy')
    greedy.raw.stall()
    const most = await mostQueued(server, async () => {
      for (let round = 0; round < 20; round++) {
        for (let n = 0; n < 4000; n++) greedy.raw.socket.ping(Buffer.alloc(121))
        await new Promise((resolve) => greedy.raw.socket.ping(Buffer.alloc(121), true, resolve))
      }
    })
    assert.ok(most < 200_000, `${most}`)
    greedy.raw.unstall()
    await greedy.settled()
    assert.equal(server.hub.connections, 1)
  })

  test('reads on in time and is told 4101', async () => {
    await using server = await startTimelessHub({ sendQueue: { softBytes: 1_000_000, hardBytes: 1_000_000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using stalled = await RawPeer.login(server.url, 'stalled')
    stalled.raw.stall()
    const fill = (n: number) => message('stalled', n, { body, n: undefined, qos: 0 })
    for (let n = 1; n <= 100; n++) alice.send(fill(n))
    await alice.settled()
    for (let sent = 0; sent < 30; sent++) stalled.send(...Array(256).fill({ op: 'ping', id: 'x'.repeat(256) }))
    await server.log.code('slow_consumer')
    stalled.raw.unstall()
    assert.equal((await stalled.closed()).code, 4101)
  })
})

suite('a cross_comm receiver that stops reading', () => {
  test('gets no more than its window, although its heartbeats go on, and all of it when it reads on', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using stalled = await CrossCommClient.login(server.url, 'stalled')
    stalled.raw.stall()
    const most = await mostQueued(server, async () => {
      for (let n = 1; n <= 60; n++) {
        await alice.publish('stalled', n, { body })
        server.clock.advance(6000)
        stalled.heartbeat()
        if (n % 3 === 0) await alice.settled()
      }
    })
    assert.ok(most < 2_000_000, `${most}`)
    stalled.raw.unstall()
    for (let n = 1; n <= 60; n++) assert.equal((await stalled.next()).msg_id, `m${n}`)
    assert.deepEqual(await stalled.settled(), [])
  })
})
