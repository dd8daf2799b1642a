import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import { codeOf, type Frame, message, RawPeer } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, visit } from './start-hub.ts'

const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
const base64 = Buffer.from(bytes).toString('base64')
const file = { key: 'cross_comm/alice/1_abcdef01.txt', name: 'a.txt', path: 'src/a.txt', size: 3 }

/** What the two encodings call the same body. */
const bodies: readonly { readonly type: string; readonly json: unknown; readonly msgpack: unknown }[] = [
  { type: 'text', json: '你好 "q" 🚀\u0000', msgpack: '你好 "q" 🚀\u0000' },
  { type: 'json', json: '{"n": 1.0}', msgpack: '{"n": 1.0}' },
  { type: 'dict', json: { a: [1, null, { b: true }], 名: '值' }, msgpack: { a: [1, null, { b: true }], 名: '值' } },
  { type: 'bytes', json: base64, msgpack: Buffer.from(bytes) },
  { type: 'image', json: file, msgpack: file },
  { type: 'file', json: file, msgpack: file },
  { type: 'folder', json: { key: null, name: 'src' }, msgpack: { key: null, name: 'src' } },
  { type: 'audio', json: file, msgpack: file },
  { type: 'video', json: file, msgpack: file },
  { type: 'x-acme.reading', json: [1, 'two', false], msgpack: [1, 'two', false] },
]

suite('bodies between the v1 dialects', () => {
  for (const from of ['json', 'msgpack'] as const) {
    for (const to of ['json', 'msgpack'] as const) {
      test(`every type passes from ${from} to ${to}, live and stored`, async () => {
        await using server = await startHub()
        await using alice = await RawPeer.login(server.url, 'alice', { dialect: from })
        await using bob = await RawPeer.login(server.url, 'bob', { dialect: to })
        for (const [index, body] of bodies.entries()) {
          const fields = { type: body.type, body: body[from] }
          alice.send(message('bob', index + 1, { ...fields, n: undefined, qos: 0 }))
          alice.send(message('bob', index + 1, fields))
          for (const delivery of await bob.deliveries(2)) {
            assert.equal(delivery.type, body.type)
            assert.deepEqual(asBuffer(delivery.body), body[to], body.type)
          }
        }
      })
    }
  }

  test('the text of a JSON body reaches JSON peers as it was spelled', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    const body = '{"big": 12345678901234567890123, "one": 1.0,\t"e":1E5, "esc":"\\u0041\\/"}'
    alice.raw.send(`{"op":"send","id":"m1","to":"bob","type":"dict","body": ${body} ,"n":1}`)
    assert.ok((await bob.raw.text()).includes('"welcome"'))
    assert.ok((await bob.raw.text()).includes(`"body":${body}`))
  })

  test('whole numbers of 64 bits pass exactly into MessagePack and back', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    alice.raw.send(
      `{"op":"send","id":"m1","to":"bob","type":"x-n","body":[18446744073709551615,-9223372036854775808],"n":1}`,
    )
    await bob.next('deliver')
    const { data } = bob.raw.messages.untaken.at(-1) ?? {}
    assert.ok(data?.includes(Buffer.from('92cfffffffffffffffffd38000000000000000', 'hex')))
    const body = Buffer.from('92cfffffffffffffffffd38000000000000000', 'hex')
    const head = encode({ op: 'send', id: 'm1', to: 'alice', type: 'x-n', n: 1 })
    head[0] = (head[0] ?? 0) + 1
    bob.raw.send(Buffer.concat([head, encode('body'), body]))
    await alice.next('deliver')
    assert.ok(String(alice.raw.messages.untaken.at(-1)?.data).includes('[18446744073709551615,-9223372036854775808]'))
  })

  test('a body of the wrong kind, or too large, is refused and the next one accepted', async () => {
    await using server = await startHub({ limits: { bodyBytes: 100 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    const refused: readonly [type: string, body: unknown, code: string][] = [
      ['text', 1, 'invalid_body'],
      ['json', { n: 1 }, 'invalid_body'],
      ['dict', [1], 'invalid_body'],
      ['bytes', { 0: 1 }, 'invalid_body'],
      ['file', 'a.txt', 'invalid_body'],
      ['text', 'x'.repeat(99), 'body_too_large'],
      ['video', undefined, 'invalid_field'],
      ['movie', 'x', 'invalid_field'],
      ['x-', 'x', 'invalid_field'],
    ]
    for (const [index, [type, body, code]] of refused.entries()) {
      assert.equal(codeOf(await alice.publish('bob', index + 1, { type, body })), code, type)
    }
    assert.equal((await alice.publish('bob', 100, { body: 'x'.repeat(98) })).state, 'stored')
  })

  test('bytes that are not base64 are refused where the recipient reads MessagePack', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    assert.equal(codeOf(await alice.publish('bob', 1, { type: 'bytes', body: 'no base64!' })), 'invalid_body')
    await alice.publish('bob', 2, { type: 'bytes', body: '_-8' })
    assert.deepEqual(asBuffer((await bob.next('deliver')).body), Buffer.from([0xff, 0xef]))
  })

  test('what cannot be said to a client that was away is logged and leaves its inbox', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await alice.publish('bob', 1, { type: 'bytes', body: 'no base64!' })
    await alice.publish('bob', 2)
    const bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
    assert.equal((await server.log.code('invalid_body')).fields.to, 'bob')
    bob.ack(await bob.next('deliver'))
    await bob.settled()
    await bob.cut()
    await using again = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(await again.settled(), [])
  })
})

suite('what grows beyond the frame limit of its recipient', () => {
  /** One byte each in MessagePack, six in JSON. */
  const growing = { body: '\u0001'.repeat(200_000) }

  async function pair(server: RunningHub): Promise<readonly [RawPeer, RawPeer]> {
    const alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    return [alice, await RawPeer.login(server.url, 'bob')]
  }

  test('is refused where the recipient is connected', async () => {
    await using server = await startHub()
    const [alice, bob] = await pair(server)
    await using _peers = both(alice, bob)
    assert.equal(codeOf(await alice.publish('bob', 1, growing)), 'body_too_large')
    const headers: Frame = { h: '\u0001'.repeat(4000), ...Object.fromEntries(longHeaders()) }
    assert.equal(codeOf(await alice.publish('bob', 2, { headers })), 'body_too_large')
    await alice.publish('bob', 3)
    assert.equal((await bob.next('deliver')).body, 'text 3')
  })

  test('is logged and skipped where the recipient comes later', async () => {
    await using server = await startHub()
    const [alice, bob] = await pair(server)
    await using _alice = alice
    await bob.cut()
    await noticed(server, 'bob')
    assert.equal((await alice.publish('bob', 1, growing)).state, 'stored')
    await alice.publish('bob', 2)
    await using back = await RawPeer.login(server.url, 'bob')
    assert.equal((await back.next('deliver')).body, 'text 2')
    assert.equal((await server.log.code('body_too_large')).fields.id, 'm1')
  })
})

function longHeaders(): [string, string][] {
  return Array.from({ length: 60 }, (_, index) => [`h${index}`, '\u0001'.repeat(4000)])
}

function both(...peers: readonly RawPeer[]): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => void (await Promise.all(peers.map((peer) => peer.cut()))) }
}

function asBuffer(body: unknown): unknown {
  return body instanceof Uint8Array ? Buffer.from(body) : body
}
