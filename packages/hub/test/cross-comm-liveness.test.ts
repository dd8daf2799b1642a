import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { controlFrames, fieldOf } from './cross-comm-vectors.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { noticed, startHub, startTimelessHub } from './start-hub.ts'

suite('the heartbeat of a cross_comm program', () => {
  test('is never answered, whoever it is addressed to', async () => {
    await using server = await startHub()
    await using bob = await CrossCommClient.login(server.url, 'bob')
    for (const { text } of controlFrames('heartbeat')) {
      await using client = await CrossCommClient.login(server.url, fieldOf(text, 'from_client_id'))
      client.send(text)
      client.send(crossComm('heartbeat', client.id, 'bob', { content: {} }))
      assert.deepEqual(await client.settled(), [])
    }
    assert.deepEqual(await bob.settled(), [])
  })

  test('keeps it online; silence of more than 60 s does not, but leaves the socket open', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using beating = await CrossCommClient.login(server.url, 'beating', { autoPong: false })
    await using silent = await CrossCommClient.login(server.url, 'silent', { autoPong: false })
    for (let round = 0; round < 3; round++) {
      server.clock.advance(21_000)
      beating.heartbeat()
      await beating.settled()
      await alice.settled()
    }
    assert.deepEqual(server.hub.onlineClients(), ['alice', 'beating'])
    assert.equal(server.hub.connections, 3)
    alice.send(message('silent', 1, { n: undefined, qos: 0 }))
    assert.equal(codeOf(await alice.next('error')), 'offline')
    assert.equal((await alice.publish('silent', 1)).state, 'stored')
    await alice.publish('all', 2)
    silent.heartbeat()
    assert.deepEqual([(await silent.next()).content, (await silent.next()).content], ['text 1', 'text 2'])
    assert.deepEqual(server.hub.onlineClients(), ['alice', 'beating', 'silent'])
  })

  test('may be replaced by the pongs that its library gives', async () => {
    await using server = await startTimelessHub()
    await using quiet = await CrossCommClient.login(server.url, 'quiet')
    await using witness = await CrossCommClient.login(server.url, 'witness')
    for (let round = 0; round < 10; round++) {
      server.clock.advance(20_000)
      await quiet.raw.pings.take()
      await witness.settled()
    }
    assert.deepEqual(server.hub.onlineClients(), ['quiet', 'witness'])
  })

  test('that stays away for twice the timeout ends the connection with 1011', async () => {
    await using server = await startTimelessHub()
    await using silent = await CrossCommClient.login(server.url, 'silent', { autoPong: false })
    server.clock.advance(120_000)
    assert.equal(server.hub.connections, 1)
    server.clock.advance(1000)
    assert.equal((await silent.closed()).code, 1011)
    await noticed(server, 'silent')
    assert.deepEqual(server.hub.onlineClients(), [])
  })

  test('and the pings of the hub come every 20 s, as the originals expect', async () => {
    await using server = await startTimelessHub()
    await using quiet = await CrossCommClient.login(server.url, 'quiet')
    await using witness = await CrossCommClient.login(server.url, 'witness')
    server.clock.advance(19_000)
    await witness.settled()
    assert.deepEqual(quiet.raw.pings.untaken, [])
    for (let round = 0; round < 3; round++) {
      server.clock.advance(20_000)
      await quiet.raw.pings.take()
    }
    assert.deepEqual(quiet.raw.pings.untaken, [])
  })
})

suite('messages for a cross_comm program', () => {
  test('wait while it is away and come after its login_response, oldest first', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using other = await CrossCommClient.login(server.url, 'other')
    const gone = await CrossCommClient.login(server.url, 'old')
    await gone.raw.cut()
    await noticed(server, 'old')
    for (let n = 1; n <= 100; n++) alice.send(message('old', n))
    await alice.next(({ op, n }) => op === 'sent' && n === 100)
    other.say('old', 'from another')
    await other.routed()
    await using old = await CrossCommClient.login(server.url, 'old')
    for (let n = 1; n <= 100; n++) assert.equal((await old.next()).content, `text ${n}`)
    assert.equal((await old.next()).content, 'from another')
  })

  test('are acknowledged by its pong: they do not come again', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const first = await CrossCommClient.login(server.url, 'old')
    for (let n = 1; n <= 3; n++) {
      await alice.publish('old', n)
      await first.next()
    }
    await first.settled()
    await first.raw.cut()
    await noticed(server, 'old')
    await using second = await CrossCommClient.login(server.url, 'old')
    assert.deepEqual(await second.settled(), [])
  })

  test('come again after a reconnect where no pong came', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const first = await CrossCommClient.login(server.url, 'old', { autoPong: false })
    for (let n = 1; n <= 3; n++) {
      await alice.publish('old', n)
      await first.next()
    }
    await first.raw.cut()
    await noticed(server, 'old')
    await using second = await CrossCommClient.login(server.url, 'old')
    for (let n = 1; n <= 3; n++) assert.equal((await second.next()).content, `text ${n}`)
  })

  test('are acknowledged by a heartbeat where the library gives no pongs, but not within the first 5 s', async () => {
    await using server = await startTimelessHub({ heartbeatIntervalMs: 4000, heartbeatTimeoutMs: 60_000 })
    await using alice = await RawPeer.login(server.url, 'alice')
    const first = await CrossCommClient.login(server.url, 'old', { autoPong: false })
    await alice.publish('old', 1)
    await first.next()
    server.clock.advance(5000)
    first.heartbeat()
    await first.settled()
    await first.raw.cut()
    await noticed(server, 'old')
    const second = await CrossCommClient.login(server.url, 'old', { autoPong: false })
    assert.equal((await second.next()).content, 'text 1')
    server.clock.advance(5001)
    second.heartbeat()
    await second.settled()
    await second.raw.cut()
    await noticed(server, 'old')
    await using third = await CrossCommClient.login(server.url, 'old')
    assert.deepEqual(await third.settled(), [])
  })

  test('go on to a program whose pongs are later than the next ping', async () => {
    await using server = await startTimelessHub({ limits: { windowMessages: 2 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using late = await CrossCommClient.login(server.url, 'late', { autoPong: false })
    for (let n = 1; n <= 6; n++) await alice.publish('late', n)
    const [first, second] = [await late.next(), await late.next()]
    assert.deepEqual([first.content, second.content], ['text 1', 'text 2'])
    const marker = await late.raw.pings.take()
    server.clock.advance(20_000)
    await late.raw.pings.take()
    assert.deepEqual(await late.settled(), [])
    late.raw.socket.pong(marker)
    assert.equal((await late.next()).content, 'text 3')
    late.raw.socket.pong('no number')
    late.raw.socket.pong('0')
    assert.deepEqual(await late.settled(), [])
  })

  test('stop at its window while it gives no sign, and others go on', async () => {
    await using server = await startTimelessHub({ limits: { windowMessages: 10 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using mute = await CrossCommClient.login(server.url, 'mute', { autoPong: false })
    await using bob = await CrossCommClient.login(server.url, 'bob')
    for (let n = 1; n <= 50; n++) await alice.publish('all', n)
    for (let n = 1; n <= 50; n++) assert.equal((await bob.next()).content, `text ${n}`)
    assert.equal((await mute.settled()).length, 10)
  })

  test('keep the order of each sender between programs, a thousand at once', async () => {
    await using server = await startHub()
    await using alice = await CrossCommClient.login(server.url, 'alice')
    await using bob = await CrossCommClient.login(server.url, 'bob')
    for (let n = 0; n < 900; n++) alice.say('bob', n)
    for (let n = 0; n < 900; n++) assert.equal((await bob.next()).content, n)
  })
})

suite('a cross_comm program that sends without end', () => {
  test('is not read while the hub stores what it has sent, and goes on afterwards', async () => {
    const slow = slowStore()
    await using server = await startHub({ store: slow.store, limits: { inFlight: 100 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using eager = await CrossCommClient.login(server.url, 'eager')
    const commit = slow.holdCommit()
    const content = 'x'.repeat(1000)
    for (let n = 0; n < 1000; n++) eager.say('bob', content)
    eager.raw.socket.ping('at the end')
    let answered = false
    eager.raw.socket.once('pong', () => {
      answered = true
    })
    await bob.settled()
    assert.ok(!answered)
    commit()
    for (let n = 0; n < 1000; n++) bob.ack(await bob.next('deliver'))
    if (!answered) await once(eager.raw.socket, 'pong')
  })
})

suite('the size of a cross_comm frame', () => {
  /** A frame of exactly this many bytes, in the spelling of the original. */
  function sized(bytes: number): string {
    const frame = (content: string): string =>
      `{"msg_id": "m1", "from_client_id": "alice", "to_client_id": "bob", "msg_type": "text", "content": "${content}", ` +
      '"timestamp": 1795167060.5, "oss_key": null}'
    return frame('x'.repeat(bytes - frame('').length))
  }

  test('may be 1 MiB, and one byte more closes with 1009', async () => {
    await using server = await startHub()
    await using bob = await CrossCommClient.login(server.url, 'bob')
    await using alice = await CrossCommClient.login(server.url, 'alice')
    alice.send(sized(1_048_576))
    assert.equal(await bob.nextText(), sized(1_048_576))
    alice.send(sized(1_048_577))
    assert.equal((await alice.closed()).code, 1009)
    assert.deepEqual(await bob.settled(), [])
  })

  test('may not grow above 1 MiB on the way: that is logged and the programs live', async () => {
    await using server = await startHub()
    await using bob = await CrossCommClient.login(server.url, 'bob')
    await using alice = await CrossCommClient.login(server.url, 'alice')
    const compact = sized(1_048_576 + 13)
      .replaceAll('": ', '":')
      .replaceAll(', "', ',"')
    assert.equal(compact.length, 1_048_576)
    alice.send(compact)
    assert.equal((await server.log.code('body_too_large')).level, 'warn')
    await alice.routed()
    assert.deepEqual(await bob.settled(), [])
  })

  test('and its quotes cannot keep the hub busy', async () => {
    await using server = await startHub()
    await using alice = await CrossCommClient.login(server.url, 'alice')
    alice.send(`{"msg_type": NaN, "${'\\"'.repeat(500_000)}`)
    alice.send('"'.repeat(1_000_000))
    await alice.settled()
  })
})
