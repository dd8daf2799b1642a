import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { HubStats } from '@posthouse/hub'
import { CrossCommClient } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { version } = manifest as { readonly version: string }

suite('a hub in numbers', () => {
  test('is plain data that says nothing happened, at first', async () => {
    await using server = await startTimelessHub()
    server.clock.advance(1500)
    const stats = await server.hub.stats()
    assert.deepEqual(JSON.parse(JSON.stringify(stats)), stats)
    const { counters, histograms, ...rest } = stats
    assert.deepEqual(rest, {
      node: 'test-node',
      version,
      startedAt: server.clock.now() - 1500,
      uptimeMs: 1500,
      connections: 0,
      clients: { online: 0, known: 0 },
      dialects: {},
      queuedBytes: 0,
    })
    assert.ok(Object.values(counters).every((count) => count === 0))
    const measured = ['acceptMs', 'acknowledgeMs', 'deliverMs', 'storeBatch', 'storeCommitMs']
    assert.deepEqual(Object.keys(histograms).sort(), measured)
  })

  test('counts what comes, is stored, delivered, acknowledged and refused', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    alice.send(message('bob', 1), message('bob', 2))
    const [, second] = await bob.deliveries(2)
    server.clock.advance(40)
    assert.ok(second)
    bob.ack(second)
    await bob.settled()
    await alice.publish('nobody', 3)
    alice.send({ ...message('bob', 4), qos: 0, n: undefined }, { op: 'nonsense' }, { op: 'list', id: 'l' })
    await bob.next('deliver')
    await alice.settled()
    const { counters, histograms, clients, connections, dialects } = await server.hub.stats()
    assert.deepEqual([connections, clients], [2, { online: 2, known: 2 }])
    assert.deepEqual(dialects, { json: 1, msgpack: 1 })
    assert.deepEqual([histograms.deliverMs?.count, histograms.deliverMs?.sum], [1, 0])
    assert.ok(Number(histograms.acceptMs?.count) > 0)
    for (const [name, count] of Object.entries({
      connects: 2,
      'logins.json': 1,
      'logins.msgpack': 1,
      sessionsNew: 2,
      publishedStored: 3,
      publishedLive: 1,
      deliveredStored: 2,
      deliveredLive: 1,
      acknowledgements: 1,
      'refused.unknown_recipient': 1,
      'refused.unknown_op': 1,
      listAnswers: 1,
    })) {
      assert.equal(counters[name], count, name)
    }
    assert.ok(Number(counters.framesReceived) > Number(counters.socketMessagesReceived))
    assert.ok(Number(counters.socketBytesReceived) > 0 && Number(counters.frameBytesSent) > 0)
    assert.equal(histograms.acknowledgeMs?.count, 1)
    assert.equal(histograms.acknowledgeMs?.sum, 40)
    assert.deepEqual(
      histograms.acknowledgeMs?.buckets.filter(({ le }) => le === 25 || le === 50),
      [
        { le: 25, count: 0 },
        { le: 50, count: 1 },
      ],
    )
    assert.equal(histograms.storeCommitMs?.count, counters.storeCommits)
  })

  test('counts closes by their code, sessions that go on or expire, and who is turned away', async () => {
    await using server = await startTimelessHub({ sessionTtlMs: 1000 })
    const [alice, { session, resumeToken: token, positions }] = await RawPeer.welcomed(server.url, 'alice')
    await alice.cut()
    await noticed(server, 'alice')
    const again = await RawPeer.login(server.url, 'alice', { hello: { resume: { session, token, positions } } })
    await again.raw.close(4999, 'a code of its own')
    await noticed(server, 'alice')
    server.clock.advance(2000)
    await assert.rejects(RawSocket.open(server.url, { origin: 'http://evil.example' }), /403/)
    const { counters, clients } = await server.hub.stats()
    assert.deepEqual(clients, { online: 0, known: 1 })
    assert.equal(counters.sessionsNew, 1)
    assert.equal(counters.sessionsResumed, 1)
    assert.equal(counters.sessionsExpired, 1)
    assert.equal(counters['disconnects.1006'], 1)
    assert.equal(counters['disconnects.other'], 1)
    assert.equal(counters['turnedAway.403'], 1)
  })

  test('lists the busiest connected clients of any dialect, and no more than wanted', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    await using _idle = await RawPeer.login(server.url, 'idle')
    for (const n of [1, 2, 3]) await alice.publish('alice', n)
    await alice.deliveries(3)
    await alice.publish('carol', 4)
    await carol.next()
    const { peers = [] } = await server.hub.stats({ peers: 2 })
    assert.deepEqual(
      peers.map(({ client, dialect, received, delivered }) => [client, dialect, received, delivered]),
      [
        ['alice', 'json', 4, 3],
        ['carol', 'cross_comm', 0, 1],
      ],
    )
    assert.equal(peers[0]?.unacknowledged, 3)
    assert.equal(peers[0]?.inbox.messages, 3)
    assert.ok(Number(peers[0]?.inbox.bytes) > 0)
    assert.equal((await server.hub.stats()).peers, undefined)
  })

  test('is told to callers who may administer it, and to nobody else', async () => {
    await using server = await startHub({
      authenticate: ({ client }) => ({
        name: client,
        ...(client === 'admin' && { permissions: [{ operations: ['administer', 'request'], addresses: ['hub'] }] }),
      }),
    })
    const caps = { hello: { caps: ['calls'] } }
    await using admin = await RawPeer.login(server.url, 'admin', caps)
    await using alice = await RawPeer.login(server.url, 'alice', caps)
    const request = { op: 'request', id: 'r1', to: 'hub', method: 'hub.stats' }
    admin.send({ ...request, body: { peers: 1 } })
    const { body } = (await admin.next('response')) as { readonly body?: HubStats }
    assert.deepEqual([body?.node, body?.clients, body?.peers?.length], ['test-node', { online: 2, known: 2 }, 1])
    assert.equal(body?.counters.calls, 1)
    for (const wrong of [{ peers: -1 }, { peers: 'all' }, 'all']) {
      admin.send({ ...request, body: wrong })
      assert.equal(codeOf(await admin.next('response')), 'invalid_body')
    }
    alice.send(request)
    assert.equal(codeOf(await alice.next('response')), 'forbidden')
    assert.equal((await server.hub.stats()).counters['callsFailed.forbidden'], 1)
  })
})
