import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { suite, test } from 'node:test'
import { encode } from '@msgpack/msgpack'
import { codeOf, type Frame, message, RawPeer } from './raw-peer.ts'
import { type Closed, RawSocket } from './raw-socket.ts'
import { startHub } from './start-hub.ts'

type Dialect = 'json' | 'msgpack'
type Wire = string | Uint8Array

const hello = { op: 'hello', client: 'x', caps: [], producer: 'p' }
const invalidUtf8 = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])

/** A frame nested `depth` levels deep, itself counted. */
function deep(depth: number): Frame {
  let body: unknown = []
  for (let level = 2; level < depth; level++) body = [body]
  return { op: 'send', id: 'deep', to: 'bystander', type: 'x-deep', body, n: 1 }
}

/** A MessagePack message of 100,000 arrays, each in the one before. */
const deepArrays = Buffer.alloc(100_000, 0x91)

function encoded(value: unknown, dialect: Dialect): Wire {
  return dialect === 'json' ? JSON.stringify(value) : encode(value, { maxDepth: 1000 })
}

/** What breaks a connection of each dialect in any state, and the close code that says so. */
const breaking: Readonly<Record<Dialect, Readonly<Record<string, readonly [Wire, number]>>>> = {
  json: {
    'an empty text': ['', 4400],
    'no JSON': ['hello', 4400],
    'half a frame': ['{"op":"ping"', 4400],
    'two frames behind each other': ['{"op":"ping"}{"op":"ping"}', 4400],
    'a number': ['1', 4400],
    'an array of no frames but numbers': ['[1]', 4400],
    'a frame and null in an array': ['[{"op":"ping"},null]', 4400],
    '100,000 open brackets': ['['.repeat(100_000), 4400],
    '100,000 brackets': ['['.repeat(100_000) + ']'.repeat(100_000), 4400],
    'a body of 100,000 brackets': [`{"op":"x","body":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 4400],
    'a frame of 65 levels': [encoded(deep(65), 'json'), 4400],
    'more than 256 frames': [encoded(Array(257).fill({ op: 'ping' }), 'json'), 4413],
    MessagePack: [encode({ op: 'ping' }), 4400],
    'random bytes': [randomBytes(1000), 4400],
    'a message above 1 MiB': ['x'.repeat(1_048_577), 4413],
    'a message above 2 MiB': ['x'.repeat(2_097_153), 1009],
  },
  msgpack: {
    'an empty message': [new Uint8Array(), 4400],
    'a text message': ['{"op":"ping"}', 4400],
    'half a frame': [encode({ op: 'ping' }).subarray(0, 4), 4400],
    'two frames behind each other': [Buffer.concat([encode({ op: 'ping' }), encode({ op: 'ping' })]), 4400],
    'a number': [encode(1), 4400],
    'an array of numbers': [encode([1]), 4400],
    '100,000 open arrays': [deepArrays, 4400],
    '100,000 arrays': [Buffer.concat([deepArrays, Buffer.from([0xc0])]), 4400],
    'a frame of 65 levels': [encoded(deep(65), 'msgpack'), 4400],
    'a map that claims 4 billion members': [Buffer.from('dfffffffff', 'hex'), 4400],
    'an array that claims 4 billion frames': [Buffer.from('ddffffffff', 'hex'), 4400],
    'an extension type': [Buffer.from('81a26f70d4ff00', 'hex'), 4400],
    'a string that is not UTF-8': [Buffer.from('81a26f70a2fffe', 'hex'), 4400],
    'more than 256 frames': [encode(Array(257).fill({ op: 'ping' })), 4413],
    'a message above 1 MiB': [randomBytes(1_048_577), 4413],
    'a message above 2 MiB': [randomBytes(2_097_153), 1009],
  },
}

/** A hub and a client that must notice nothing of what another one does. */
async function startWatched() {
  const server = await startHub()
  const bystander = await RawPeer.login(server.url, 'bystander')
  return {
    ...server,
    async assertServing() {
      await server.hub.send('bystander', 'still there?')
      bystander.ack(await bystander.next('deliver'))
      assert.deepEqual(await bystander.settled(), [])
    },
  }
}

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`a ${dialect} connection is closed, and the hub serves the others`, () => {
    for (const [what, [wire, code]] of Object.entries(breaking[dialect])) {
      test(`by ${what}, before and after hello`, async () => {
        await using server = await startWatched()
        await using early = await RawSocket.open(server.url, { subprotocols: [`posthouse.v1.${dialect}`] })
        early.send(wire)
        assertClosed(await early.closed(), code)
        await using late = await RawPeer.login(server.url, 'x', { dialect })
        late.raw.send(wire)
        assertClosed(await late.closed(), code)
        await server.assertServing()
      })
    }

    test('by a first frame that is not a hello, or not a good one', async () => {
      await using server = await startWatched()
      const firsts: readonly unknown[] = [
        { op: 'ping' },
        { op: 'nonsense' },
        {},
        { ...hello, client: 1 },
        { ...hello, caps: 'all' },
        { op: 'hello', client: 'x', caps: [] },
        { ...hello, resume: { session: 's' } },
        [{ op: 'ping' }, hello],
      ]
      for (const first of firsts) {
        await using raw = await RawSocket.open(server.url, { subprotocols: [`posthouse.v1.${dialect}`] })
        raw.send(encoded(first, dialect))
        assertClosed(await raw.closed(), 4400)
      }
      assert.deepEqual(server.hub.onlineClients(), ['bystander'])
      await server.assertServing()
    })

    test('by a second hello, be it right behind the first', async () => {
      await using server = await startWatched()
      await using slow = await RawPeer.login(server.url, 'x', { dialect })
      slow.send(hello)
      assertClosed(await slow.closed(), 4400)
      await using quick = await RawPeer.hello(server.url, 'x', { dialect, behind: [hello] })
      assertClosed(await quick.closed(), 4400)
      await server.assertServing()
    })

    test('not by frames that are merely wrong: each is answered', async () => {
      await using server = await startWatched()
      await using peer = await RawPeer.login(server.url, 'x', { dialect })
      const wrong: readonly (readonly [Frame, string])[] = [
        [{}, 'invalid_field'],
        [{ op: 1 }, 'invalid_field'],
        [{ op: 'nonsense', id: 'a' }, 'unknown_op'],
        [{ op: 'constructor' }, 'unknown_op'],
        [{ op: 'welcome' }, 'unknown_op'],
        [{ op: 'deliver' }, 'unknown_op'],
        [{ op: 'ack' }, 'invalid_field'],
        [{ op: 'ack', seq: -1 }, 'invalid_field'],
        [{ op: 'ack', seq: 1_000_000 }, 'unexpected_frame'],
        [{ op: 'ack', seq: 0, stream: 'queue:x' }, 'unsupported'],
        [{ op: 'list' }, 'invalid_field'],
        [{ op: 'presence', watch: 'yes' }, 'invalid_field'],
        [{ op: 'ping', id: '' }, 'invalid_field'],
        [{ op: 'send', id: 'x', to: 'x', type: 'text' }, 'invalid_field'],
        [{ op: 'send', id: 'x', to: 'x', type: 'text', body: null, qos: 0 }, 'invalid_body'],
        [{ op: 'send', id: 'x', to: 'x', type: 'text', body: '', qos: 2 }, 'invalid_field'],
        [{ op: 'send', id: 'x', to: 'x', type: 'text', body: '', qos: 0, headers: { a: 1 } }, 'invalid_field'],
        [{ op: 'nack', seq: 1 }, 'unexpected_frame'],
        [{ op: 'join', id: 'q', to: 'x' }, 'invalid_address'],
        [{ op: 'join', id: 'q', to: 'channel:x' }, 'invalid_address'],
        [{ op: 'leave', id: 'q', to: 'queue:x' }, 'invalid_address'],
        [{ op: 'subscribe', id: 'q', to: 'group:x' }, 'invalid_address'],
        [{ op: 'unsubscribe', id: 'q', to: 'all' }, 'invalid_address'],
        [{ op: 'subscribe', to: 'channel:x' }, 'invalid_field'],
        [{ op: 'subscribe', id: 'q', to: 'channel:x', after: 'start', last: 1 }, 'invalid_field'],
        [{ op: 'request', id: 'r', to: 'x' }, 'invalid_field'],
        [{ op: 'request', id: 'r', to: 'x', method: 'm', timeoutMs: 0 }, 'invalid_field'],
        [{ op: 'response', id: 'r', part: 0 }, 'invalid_field'],
        [{ op: 'cancel' }, 'invalid_field'],
        [{ op: 'credit', id: 'r' }, 'invalid_field'],
      ]
      for (const [frame, code] of wrong) {
        peer.send(frame)
        const error = await peer.next('error')
        assert.equal(codeOf(error), code, JSON.stringify(frame))
        assert.equal((error.about as Frame).op, typeof frame.op === 'string' ? frame.op : '')
      }
      peer.send(...wrong.map(([frame]) => frame), message('bystander', 1))
      assert.equal((await peer.next('sent')).state, 'stored')
      assert.equal(peer.frames.untaken.length, wrong.length)
    })

    test('not by a frame of 64 levels, nor by a message of 1 MiB', async () => {
      await using server = await startWatched()
      await using peer = await RawPeer.login(server.url, 'x', { dialect })
      assert.equal((await peer.publish('bystander', 1, deep(64))).state, 'stored')
      const frame = { op: 'ping', id: 'full', padding: '' }
      const room = 1_048_576 - Buffer.from(encoded(frame, dialect)).length - (dialect === 'json' ? 0 : 4)
      peer.send({ ...frame, padding: 'x'.repeat(room) })
      assert.deepEqual(await peer.next('pong'), { op: 'pong', id: 'full' })
    })
  })
}

suite('broken WebSocket traffic', () => {
  test('a text message that is not UTF-8 closes with 1007', async () => {
    await using server = await startWatched()
    await using raw = await RawSocket.open(server.url)
    // ws would refuse to send this: a final text frame of 6 bytes, masked with zeros.
    raw.raw(Buffer.concat([Buffer.from([0x81, 0x86, 0, 0, 0, 0]), invalidUtf8]))
    assertClosed(await raw.closed(), 1007)
    await server.assertServing()
  })

  test('frames that break RFC 6455 close with 1002 and end the connection, also of a peer that does not answer', async () => {
    await using server = await startWatched()
    await using raw = await RawPeer.login(server.url, 'x')
    raw.raw.raw(randomReserved())
    assertClosed(await raw.closed(), 1002)
    await server.log.line('connection closed')
    assert.equal(server.hub.connections, 1)
    await server.assertServing()
  })

  test('random bytes instead of a handshake, and during it, harm nobody', async () => {
    await using server = await startWatched()
    const { connect } = await import('node:net')
    const port = Number(new URL(server.url).port)
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      socket.write(
        round % 2 === 0 ? randomBytes(500) : 'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      )
      socket.resume()
      await new Promise((resolve) => socket.once('close', resolve))
    }
    await server.assertServing()
  })

  test('what an error is about is told in whole characters', async () => {
    await using server = await startWatched()
    await using peer = await RawPeer.login(server.url, 'x')
    peer.send({ op: `${'o'.repeat(63)}😀`, id: `${'i'.repeat(255)}😀` }, { op: '\ud83d', id: '\ude00' })
    const told = [await peer.next('error'), await peer.next('error')]
    assert.deepEqual(
      told.map(({ about }) => about),
      [
        { op: `${'o'.repeat(63)}\ufffd`, id: `${'i'.repeat(255)}\ufffd` },
        { op: '\ufffd', id: '\ufffd' },
      ],
    )
  })

  test('a message in ten thousand fragments is read', async () => {
    await using server = await startWatched()
    await using peer = await RawPeer.login(server.url, 'x')
    const text = JSON.stringify(message('bystander', 1, { body: 'y'.repeat(10_000) }))
    for (const [index, character] of [...text].entries()) {
      peer.raw.socket.send(character, { fin: index === text.length - 1 })
    }
    assert.equal((await peer.next('sent')).state, 'stored')
  })
})

function assertClosed({ code, reason }: Closed, expected: number): void {
  assert.equal(code, expected, reason)
  if (expected >= 4000) assert.notEqual(reason, '')
}

/** A WebSocket frame with all reserved bits set. */
function randomReserved(): Buffer {
  return Buffer.concat([Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), randomBytes(100)])
}
