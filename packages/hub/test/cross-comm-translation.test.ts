import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { fieldOf, userFrames } from './cross-comm-vectors.ts'
import { codeOf, message, RawPeer } from './raw-peer.ts'
import { startHub, visit } from './start-hub.ts'

/** Words in the names of frames that v1 has no words for. */
const unsayable = /dict_given|dict_not_finite|dict_plain_string|bytes_not_base64/

/** The v1 JSON body of a frame, by the rules of the contract (9.5). */
function bodyOf(text: string): unknown {
  const { msg_type: type, content, oss_key: key = null } = JSON.parse(text)
  if (type === 'dict') return typeof content === 'string' ? JSON.parse(content) : content
  if (type === 'bytes') return Buffer.from(content, 'base64').toString('base64')
  if (type === 'text' || type === 'json') return content
  return { key, name: content.split('/').at(-1), path: content }
}

suite('what a v1 client receives of every frame of the family', () => {
  for (const { name, text } of userFrames()) {
    test(unsayable.test(name) ? `${name}: nothing, and the reason is logged` : name, async () => {
      await using server = await startHub()
      await using bob = await RawPeer.login(server.url, 'bob')
      await using packed = await RawPeer.login(server.url, 'packed', { dialect: 'msgpack' })
      const from = fieldOf(text, 'from_client_id')
      await using sender = await CrossCommClient.login(server.url, from)
      for (const to of ['bob', 'packed']) sender.send(text.replace(/"to_client_id": ?"\w+"/, `"to_client_id": "${to}"`))
      await sender.routed()
      if (unsayable.test(name)) {
        assert.equal((await server.log.code('unrepresentable')).level, 'warn')
        assert.deepEqual([await bob.settled(), await packed.settled()], [[], []])
        return
      }
      const type = fieldOf(text, 'msg_type')
      const { seq, ts, ...delivery } = await bob.next('deliver')
      const id = fieldOf(text, 'msg_id')
      assert.deepEqual(delivery, { op: 'deliver', id, from, to: 'bob', type, body: bodyOf(text) })
      const { body } = await packed.next('deliver')
      if (type === 'bytes') assert.deepEqual(Buffer.from(body as Uint8Array).toString('base64'), bodyOf(text))
      // MessagePack knows no minus zero among whole numbers.
      else if (!name.includes('surrogate')) assert.deepEqual(body, JSON.parse(JSON.stringify(bodyOf(text))))
      else assert.equal(body, 'half \ufffd emoji')
    })
  }

  test('a dict keeps the spelling of its numbers towards v1 JSON', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    old.send(
      crossComm('dict', 'old', 'bob', { content: {} }).replace('{}', '{"big": 12345678901234567890123, "one": 1.0}'),
    )
    await bob.next('deliver')
    assert.ok(
      String(bob.raw.messages.untaken.at(-1)?.data).includes('"body":{"big": 12345678901234567890123, "one": 1.0}'),
    )
  })

  test('an id that v1 cannot carry is replaced, and what is no text becomes its JSON text', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    for (const msg_id of [1, '', null, 'x'.repeat(257), '\ud83d']) old.say('bob', { a: 1 }, { msg_id })
    for (const { id, body } of await bob.deliveries(5)) {
      assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
      assert.equal(body, '{"a":1}')
    }
  })

  test('a message of nearly 1 MiB passes; one that outgrows the frame of v1 is logged, and the client lives', async () => {
    await using server = await startHub()
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    old.say('bob', 'x'.repeat(1_047_000), { msg_id: 'large' })
    assert.equal((await bob.next('deliver')).id, 'large')
    old.send(crossComm('json', 'old', 'bob', { msg_id: 'grows', content: Array(262_000).fill('') }))
    assert.equal((await server.log.code('body_too_large')).fields.id, 'grows')
    old.say('all', 'small')
    assert.equal((await bob.next('deliver')).body, 'small')
  })
})

const file = { key: 'cross_comm/alice/1_abcdef01.txt', name: 'a.txt', path: 'src/a.txt' }

/** A v1 body in JSON, and the type, content and key that a cross_comm program gets. */
const outgoing: readonly (readonly [type: string, body: unknown, sent: readonly [string, unknown, unknown]])[] = [
  ['text', '你好 🚀', ['text', '你好 🚀', null]],
  ['json', '{"n": 1.0}', ['json', '{"n": 1.0}', null]],
  ['dict', { n: [1, null] }, ['dict', { n: [1, null] }, null]],
  ['bytes', 'AP/v', ['bytes', 'AP/v', null]],
  ['bytes', 'AP_v_w', ['bytes', 'AP/v/w==', null]],
  ['bytes', '', ['bytes', '', null]],
  ['file', file, ['file', 'src/a.txt', file.key]],
  ['image', { key: 'k.png', name: 'p.png' }, ['image', 'p.png', 'k.png']],
  ['folder', { key: 'k_folder/', name: 'src' }, ['folder', 'src', 'k_folder/']],
  ['folder', { key: null, name: 'src' }, ['folder', 'src', null]],
  ['audio', file, ['file', 'src/a.txt', file.key]],
  ['video', file, ['file', 'src/a.txt', file.key]],
]

suite('what a cross_comm program receives from v1', () => {
  test('is the type and content that it knows, in exactly seven keys, in order', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using old = await CrossCommClient.login(server.url, 'old')
    for (const [index, [type, body, [sentType, content, key]]] of outgoing.entries()) {
      alice.send(message('old', index + 1, { type, body, headers: { h: '1' }, replyTo: 'alice', sec: {} }))
      const text = await old.nextText()
      const { timestamp, ...frame } = JSON.parse(text)
      assert.deepEqual(frame, {
        msg_id: `m${index + 1}`,
        from_client_id: 'alice',
        to_client_id: 'old',
        msg_type: sentType,
        content,
        oss_key: key,
      })
      assert.match(
        text,
        /^\{"msg_id": ".*", "from_client_id": ".*", "to_client_id": ".*", "msg_type": ".*", "content": /,
      )
      assert.match(text, /, "timestamp": \d{10}\.\d{3}, "oss_key": [^,]*\}$/)
      assert.ok(Math.abs(timestamp - Date.now() / 1000) < 100)
    }
  })

  test('is the same from MessagePack, with bytes as padded base64', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    await using old = await CrossCommClient.login(server.url, 'old')
    alice.send(message('old', 1, { type: 'bytes', body: new Uint8Array([0, 255, 239, 255]) }))
    assert.equal((await old.next()).content, 'AP/v/w==')
    alice.send(message('all', 2, { type: 'dict', body: { big: 2 ** 40 } }))
    assert.ok((await old.nextText()).includes('"content": {"big":1099511627776}'))
    alice.send(message('old', 3, { n: undefined, qos: 0 }))
    assert.equal((await old.next()).content, 'text 3')
  })

  test('names odd senders by their bare id, and everyone as all', async () => {
    await using server = await startHub()
    await using odd = await RawPeer.login(server.url, 'group:x')
    await using old = await CrossCommClient.login(server.url, 'old')
    await odd.publish('all', 1)
    const { from_client_id, to_client_id } = await old.next()
    assert.deepEqual([from_client_id, to_client_id], ['group:x', 'all'])
  })

  test('is nothing that it cannot say: the sender is told', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    await using old = await CrossCommClient.login(server.url, 'old')
    const growing = '\u0001'.repeat(200_000)
    const refused: readonly (readonly [string, unknown, string])[] = [
      ['x-reading', 1, 'unrepresentable'],
      ['text', growing, 'body_too_large'],
    ]
    for (const [index, [type, body, code]] of refused.entries()) {
      assert.equal(codeOf(await alice.publish('old', index + 1, { type, body })), code)
      alice.send(message('old', index + 1, { type, body, n: undefined, qos: 0 }))
      assert.equal(codeOf(await alice.next('error')), code)
    }
    await using json = await RawPeer.login(server.url, 'json')
    assert.equal(codeOf(await json.publish('old', 1, { type: 'bytes', body: 'no base64!' })), 'invalid_body')
    assert.equal((await alice.publish('all', 9, { type: 'x-reading', body: 1 })).state, 'stored')
    assert.equal((await server.log.code('unrepresentable')).fields.to, 'old')
    await alice.publish('old', 10)
    assert.equal((await old.next()).content, 'text 10')
  })

  test('waits for it, and what it cannot say is skipped when it comes', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'old')
    assert.equal((await alice.publish('old', 1, { type: 'x-reading' })).state, 'stored')
    assert.equal((await alice.publish('old', 2)).state, 'stored')
    await using old = await CrossCommClient.login(server.url, 'old')
    assert.equal((await old.next()).content, 'text 2')
    assert.equal((await server.log.code('unrepresentable')).fields.id, 'm1')
  })
})
