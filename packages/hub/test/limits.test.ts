import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

/** What an upgrade request without a WebSocket library is answered. */
async function answerTo(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const chunks = await socket.toArray()
  return Buffer.concat(chunks).toString()
}

suite('a client above its rate of messages', () => {
  test('is told so, message by message, and a resend gets the same answer', async () => {
    await using server = await startTimelessHub({ rates: { messages: { perSecond: 1, burst: 3 } } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send(...[1, 2, 3, 4, 5].map((n) => message('bob', n)))
    assert.deepEqual(await alice.next('sent'), { op: 'sent', n: 3, state: 'stored' })
    for (const n of [4, 5]) {
      const sent = await alice.next('sent')
      const { error } = sent as { readonly error: Readonly<Record<string, unknown>> }
      assert.deepEqual([sent.n, error.code, error.number, error.retry], [n, 'rate_limited', 4001, true])
    }
    await bob.deliveries(3)
    await alice.cut()
    server.clock.advance(10_000)
    await using again = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await again.publish('bob', 4)), 'rate_limited')
    assert.deepEqual(await again.publish('bob', 6), { op: 'sent', n: 6, state: 'stored' })
    const { counters } = await server.hub.stats()
    assert.equal(counters['refused.rate_limited'], 3)
  })

  test('gets an error frame for a live message', async () => {
    await using server = await startTimelessHub({ rates: { messages: { perSecond: 1, burst: 1 } } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    const live = { ...message('bob', 1), qos: 0, n: undefined }
    alice.send(live, { ...live, id: 'second' })
    const error = await alice.next('error')
    assert.deepEqual([error.code, error.about], ['rate_limited', { op: 'send', id: 'second' }])
  })

  test('is closed with 4103 far above it, by whatever frames, and others are served on', async () => {
    await using server = await startTimelessHub({ rates: { messages: { perSecond: 10, burst: 20 } } })
    await using bob = await RawPeer.login(server.url, 'bob')
    for (const flood of [{ op: 'ping' }, { op: 'ack', seq: 0 }, { op: 'nonsense' }, message('bob', 1)]) {
      await using alice = await RawPeer.login(server.url, 'alice')
      for (let n = 0; n < 41; n++) alice.send(flood)
      const { code, reason } = await alice.closed()
      assert.equal(code, 4103)
      assert.match(reason, /far more than 10 messages per second/)
    }
    await using pinging = await RawPeer.login(server.url, 'alice')
    for (let n = 0; n < 41; n++) pinging.raw.socket.ping()
    assert.equal((await pinging.closed()).code, 4103)
    await bob.settled()
    assert.equal((await server.hub.stats()).counters['disconnects.4103'], 5)
  })
})

test('a client above its rate of bytes has whole messages refused, then is closed with 4103', async () => {
  const limits = { frameBytes: 10_000, bodyBytes: 9000 }
  await using server = await startTimelessHub({ limits, rates: { bytes: { perSecond: 1000, burst: 10_000 } } })
  await using alice = await RawPeer.login(server.url, 'alice')
  const body = 'x'.repeat(8000)
  assert.equal((await alice.publish('alice', 1, { body })).state, 'stored')
  assert.equal(codeOf(await alice.publish('alice', 2, { body })), 'rate_limited')
  alice.send(message('alice', 3, { body }))
  assert.equal((await alice.closed()).code, 4103)
})

suite('a cross_comm program above its rate', () => {
  test('is read more slowly, and loses nothing', async () => {
    await using server = await startTimelessHub({ rates: { messages: { perSecond: 100, burst: 50 } } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using carol = await CrossCommClient.login(server.url, 'carol')
    for (let n = 0; n < 200; n++) carol.say('bob', `x${n}`)
    const line = await server.log.line('read more slowly')
    assert.deepEqual([line.level, line.fields.client, line.fields.code], ['warn', 'carol', 'rate_limited'])
    const texts: unknown[] = []
    while (texts.length < 200) {
      // Bob must show life while time goes on, and the hub has read what may be read when it answers him.
      for (const frame of await bob.settled()) {
        if (frame.op !== 'deliver') continue
        texts.push(frame.body)
        bob.ack(frame)
      }
      server.clock.advance(100)
    }
    assert.deepEqual(
      texts,
      Array.from({ length: 200 }, (_, n) => `x${n}`),
    )
    assert.deepEqual(
      server.log.lines.untaken.filter(({ message: words }) => words.includes('read more slowly')),
      [],
    )
  })

  test('may log in so many ids and no more', async () => {
    await using server = await startHub({ quotas: { idsPerConnection: 3 } })
    await using carol = await CrossCommClient.login(server.url, 'carol')
    for (const id of ['second', 'third', 'carol']) await carol.login(id)
    carol.send(crossComm('login', 'fourth', 'server', { content: {} }))
    const { code, reason } = await carol.raw.closed()
    assert.deepEqual([code, reason], [4414, 'more than 3 client ids are logged in on one connection'])
    assert.equal((await server.log.code('too_many_ids')).message, 'a cross_comm login is refused')
  })
})

suite('the door', () => {
  test('turns away who connects too often with 429 and when to come back', async () => {
    await using server = await startTimelessHub({ rates: { connects: { perSecond: 0.1, burst: 2 } } })
    await using _one = await RawSocket.open(server.url)
    await using _two = await RawSocket.open(server.url)
    const answer = await answerTo(server.url)
    assert.match(answer, /^HTTP\/1\.1 429 Too Many Requests\r\n/)
    assert.match(answer, /\r\nRetry-After: 10\r\n/)
    assert.match(answer, /\r\n\r\nToo many connections were opened from your address\.\n$/)
    const line = await server.log.line('turned away')
    assert.equal(line.fields.status, '429 Too Many Requests')
    server.clock.advance(10_000)
    await using _three = await RawSocket.open(server.url)
    assert.equal((await server.hub.stats()).counters['turnedAway.429'], 1)
  })

  test('keeps to the number of connections that have not logged in, until they do or go', async () => {
    await using server = await startHub({ quotas: { strangersPerAddress: 2 } })
    await using silent = await RawSocket.open(server.url)
    await using _other = await RawSocket.open(server.url)
    await assert.rejects(RawSocket.open(server.url), /429/)
    await silent.cut()
    await using alice = await enterWhenFree(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    await using carol = await CrossCommClient.open(server.url, 'carol')
    await assert.rejects(RawSocket.open(server.url), /429/)
    await carol.login()
    await using _free = await RawSocket.open(server.url)
    await alice.settled()
  })

  test('keeps to the number of connections in all', async () => {
    await using server = await startHub({ quotas: { connections: 1 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    const answer = await answerTo(server.url)
    assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n/)
    assert.match(answer, /\r\nRetry-After: \d+\r\n/)
    await alice.settled()
  })
})

/** Lets sockets do what they can do now. */
async function later(): Promise<undefined> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  return undefined
}

/** Logs in as soon as the hub has noticed that somebody else has gone. */
async function enterWhenFree(url: string, client: string): Promise<RawPeer> {
  for (;;) {
    try {
      return await RawPeer.login(url, client)
    } catch {
      await later()
    }
  }
}
