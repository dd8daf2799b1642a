import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { controlFrames, fieldOf, recorded, variants } from './cross-comm-vectors.ts'
import { RawPeer } from './raw-peer.ts'
import { noticed, startHub } from './start-hub.ts'

suite('a cross_comm login', () => {
  for (const { name, text } of controlFrames('login')) {
    test(`${name} is answered with login_response`, async () => {
      await using server = await startHub()
      await using client = await CrossCommClient.open(server.url, fieldOf(text, 'from_client_id'))
      client.send(text)
      const answer = await client.nextText()
      const { msg_id, timestamp, ...rest } = JSON.parse(answer)
      const common = { from_client_id: 'server', to_client_id: client.id, oss_key: null }
      assert.deepEqual(rest, { ...common, msg_type: 'login_response', content: { status: 'success' } })
      assert.match(msg_id, /^test-node_\d{13}_[0-9a-f]{8}$/)
      const original = recorded.frames.find((frame) => frame.name === 'login_response')?.text ?? ''
      assert.equal(shapeOf(answer), shapeOf(original))
      assert.deepEqual(server.hub.onlineClients(), [client.id])
    })
  }

  test('is not needed to choose a path, and a message in fragments is read', async () => {
    await using server = await startHub()
    await using client = await CrossCommClient.open(`${server.url}/some/path?x=1`, 'old')
    const text = crossComm('login', 'old', 'server')
    client.raw.socket.send(text.slice(0, 20), { fin: false })
    client.raw.socket.send(text.slice(20), { fin: true })
    assert.equal((await client.next()).msg_type, 'login_response')
  })

  test('makes ids reachable that have spaces, Chinese, colons or the look of an address', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using old = await CrossCommClient.login(server.url, 'old')
    for (const id of ['a b', '设备 1', 'a:b', 'group:x', 'client:all', 'channel:a.b', "o'k", 'x'.repeat(128)]) {
      await using odd = await CrossCommClient.login(server.url, id)
      odd.say('alice', 'hi')
      const { from } = await alice.next('deliver')
      alice.send({ op: 'send', id: 'back', to: from, type: 'text', qos: 0, body: 'to you' })
      const { from_client_id, to_client_id, content } = await odd.next()
      assert.deepEqual([from_client_id, to_client_id, content], ['alice', id, 'to you'])
      old.say(id, 'from old')
      assert.equal((await odd.next()).content, 'from old')
      odd.say('old', 'from odd')
      assert.equal((await old.next()).from_client_id, id)
    }
  })

  test('under an id that nobody may have closes with 4410, also the second on a connection', async () => {
    await using server = await startHub()
    for (const id of ['', 'all', 'server', 'hub', 'tab\there', '\u0000', 'x'.repeat(129)]) {
      await using client = await CrossCommClient.open(server.url, id)
      client.send(crossComm('login', id, 'server'))
      const { code, reason } = await client.closed()
      assert.equal(code, 4410)
      assert.match(reason, /cannot log in/)
    }
    await using client = await CrossCommClient.login(server.url, 'fine')
    client.send(crossComm('login', 'all', 'server'))
    assert.equal((await client.closed()).code, 4410)
    await noticed(server, 'fine')
    assert.deepEqual(server.hub.onlineClients(), [])
  })

  test('under several ids on one connection receives for each, in whichever name it speaks', async () => {
    await using server = await startHub()
    await using many = await CrossCommClient.login(server.url, 'a')
    await many.login('b')
    await using bob = await RawPeer.login(server.url, 'bob')
    await bob.publish('a', 1)
    await bob.publish('b', 2)
    const received = [await many.next(), await many.next()]
    assert.deepEqual(
      received.map(({ to_client_id }) => to_client_id),
      ['a', 'b'],
    )
    for (const [claimed, stamped] of [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'b'],
    ]) {
      many.send(crossComm('text', claimed ?? '', 'bob'))
      assert.equal((await bob.next('deliver')).from, stamped)
    }
    many.say('all', 'one copy for the other id')
    assert.equal((await many.next()).content, 'one copy for the other id')
    await many.raw.cut()
    await Promise.all([noticed(server, 'a'), noticed(server, 'b')])
    assert.deepEqual(server.hub.onlineClients(), ['bob'])
  })

  test('of an id that is logged in elsewhere closes the older connection with 4409, whose late close unseats nobody', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using first = await CrossCommClient.login(server.url, 'bob')
    first.raw.stall()
    await using second = await CrossCommClient.login(server.url, 'bob')
    first.say('alice', 'I am still bob')
    first.raw.unstall()
    assert.deepEqual(await first.closed(), { code: 4409, reason: 'bob has connected again' })
    await alice.publish('bob', 1)
    assert.equal((await second.next()).content, 'text 1')
    assert.deepEqual(server.hub.onlineClients(), ['alice', 'bob'])
    assert.deepEqual(
      (await alice.settled()).map(({ op }) => op),
      [],
    )
  })

  test('of one of several ids elsewhere takes that id only', async () => {
    await using server = await startHub()
    await using many = await CrossCommClient.login(server.url, 'a')
    await many.login('b')
    await using other = await CrossCommClient.login(server.url, 'b')
    await using bob = await RawPeer.login(server.url, 'bob')
    await bob.publish('b', 1)
    await bob.publish('a', 2)
    assert.equal((await other.next()).content, 'text 1')
    assert.equal((await many.next()).content, 'text 2')
    many.send(crossComm('text', 'b', 'bob'))
    assert.equal((await bob.next('deliver')).from, 'a')
  })

  test('replaces a v1 connection, and is replaced by one', async () => {
    await using server = await startHub()
    await using v1 = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'bob')
    assert.equal((await v1.closed()).code, 4409)
    await using again = await RawPeer.login(server.url, 'bob')
    assert.equal((await old.closed()).code, 4409)
    await server.hub.send('bob', 'x')
    assert.equal((await again.next('deliver')).body, 'x')
  })

  test('again on the same connection is answered again and replaces nobody', async () => {
    await using server = await startHub()
    await using old = await CrossCommClient.login(server.url, 'old')
    assert.equal((await old.login()).msg_type, 'login_response')
    await server.hub.send('old', 'once')
    assert.equal((await old.next()).content, 'once')
    assert.deepEqual(await old.settled(), [])
  })

  test('is refused where the hub does not serve the dialect', async () => {
    await using server = await startHub({ crossComm: false })
    await using old = await CrossCommClient.open(server.url, 'old')
    old.send(crossComm('login', 'old', 'server'))
    assert.deepEqual(await old.closed(), { code: 4403, reason: 'this hub does not serve cross_comm programs' })
  })
})

suite('the sender of a cross_comm message', () => {
  test('is stamped: a forged one becomes the real one', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await CrossCommClient.login(server.url, 'bob')
    await using mallory = await CrossCommClient.login(server.url, 'mallory')
    for (const claimed of ['alice', 'bob', 'server', 'hub', 'nobody', '', 'all']) {
      mallory.send(crossComm('text', claimed, 'alice'))
      mallory.send(crossComm('text', claimed, 'bob'))
      assert.equal((await alice.next('deliver')).from, 'mallory')
      assert.equal((await bob.next()).from_client_id, 'mallory')
    }
  })

  test('may speak without a login under an id that nobody is connected with; otherwise it is closed with 4403', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using stranger = await CrossCommClient.open(server.url, 'stranger')
    stranger.say('alice', 'hello')
    assert.equal((await alice.next('deliver')).from, 'stranger')
    stranger.send(crossComm('text', 'all', 'alice'))
    assert.equal((await server.log.code('invalid_client_id')).level, 'warn')
    stranger.send(crossComm('text', 'alice', 'alice'))
    assert.equal((await stranger.closed()).code, 4403)
    assert.deepEqual(await alice.settled(), [])
    assert.deepEqual(server.hub.onlineClients(), ['alice'])
  })

  test('of all is not among those who get it, but a message to oneself comes back', async () => {
    await using server = await startHub()
    await using alice = await CrossCommClient.login(server.url, 'alice')
    await using bob = await CrossCommClient.login(server.url, 'bob')
    alice.say('all', 'to all')
    await alice.routed()
    assert.equal((await bob.next()).content, 'to all')
    alice.say('alice', 'to me')
    assert.equal((await alice.next()).content, 'to me')
  })

  test('reaches the listeners of the hub as server and as hub, but nobody as an id that is none', async () => {
    await using server = await startHub()
    const heard: string[] = []
    server.hub.on('text', ({ from, to, body }) => heard.push(`${from} ${to} ${body}`))
    await using old = await CrossCommClient.login(server.url, 'old')
    for (const to of ['server', 'hub', 'all', '', 'tab\t', 'nobody', 'group:x']) old.say(to, `as ${JSON.stringify(to)}`)
    await old.routed()
    assert.deepEqual(heard, ['old hub as "server"', 'old hub as "hub"', 'old all as "all"'])
    for (const code of ['invalid_address', 'invalid_address', 'unknown_recipient', 'unknown_recipient']) {
      assert.equal((await server.log.code(code)).level, 'warn')
    }
  })
})

suite('a cross_comm logout', () => {
  for (const { name, text } of controlFrames('logout')) {
    test(`${name} ends receiving and not sending`, async () => {
      await using server = await startHub()
      await using listener = await RawPeer.login(server.url, 'listener')
      const id = fieldOf(text, 'from_client_id')
      await using old = await CrossCommClient.login(server.url, id)
      old.send(text)
      old.say('listener', 'still talking')
      assert.equal((await listener.next('deliver')).from, id)
      assert.deepEqual(server.hub.onlineClients(), ['listener'])
      assert.equal((await listener.publish(id, 1)).state, 'stored')
      await listener.publish('all', 2)
      assert.deepEqual(await old.settled(), [])
      await old.login()
      assert.equal((await old.next()).content, 'text 1')
    })
  }

  for (const { name, from, code, reason } of [...recorded.closes, ...variants.closes].filter((close) =>
    close.from.endsWith('client'),
  )) {
    test(`of a ${from} (${name}) is followed by a close with ${code} "${reason}", which the hub answers`, async () => {
      await using server = await startHub()
      await using old = await CrossCommClient.login(server.url, 'old')
      old.logout()
      assert.deepEqual(await old.raw.close(code, reason), { code, reason })
      assert.deepEqual(server.hub.onlineClients(), [])
    })
  }

  test('leaves the id to others: once somebody has it, the connection may not speak for it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using former = await CrossCommClient.login(server.url, 'bob')
    former.logout()
    await using present = await CrossCommClient.login(server.url, 'bob')
    former.say('alice', 'I am bob')
    assert.equal((await former.closed()).code, 4403)
    present.say('alice', 'I am bob now')
    assert.equal((await alice.next('deliver')).body, 'I am bob now')
  })

  test('without a login is dropped', async () => {
    await using server = await startHub()
    await using old = await CrossCommClient.open(server.url, 'old')
    old.logout()
    assert.equal((await server.log.code('unexpected_frame')).level, 'warn')
    assert.equal((await old.login()).msg_type, 'login_response')
  })
})

/** A frame without what differs from run to run: keys, order, spacing and the kinds of its values are left. */
function shapeOf(text: string): string {
  return text.replace(/"(?:msg_id|to_client_id)": "[^"]*"/g, '').replace(/\d+\.\d+/, '0.0')
}
