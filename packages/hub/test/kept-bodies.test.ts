import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { CrossCommClient } from './cross-comm-peer.ts'
import { message, RawPeer } from './raw-peer.ts'
import { startHub, visit } from './start-hub.ts'

test('a short message in an inbox keeps no more memory than it needs', async () => {
  const store = new MemoryInboxStore()
  await using server = await startHub({ store })
  await visit(server, 'bob')
  await using alice = await RawPeer.login(server.url, 'alice')
  await using carol = await RawPeer.login(server.url, 'carol', { dialect: 'msgpack' })
  await using dave = await CrossCommClient.login(server.url, 'dave')
  // One chunk of the network holds many of them.
  const messages = Array.from({ length: 100 }, (_, index) => message('bob', index + 1))
  for (const peer of [alice, carol]) {
    peer.send(...messages)
    await peer.next((frame) => frame.op === 'sent' && frame.n === 100)
  }
  for (let n = 0; n < 20; n++) dave.say('bob', 'x'.repeat(n))
  await dave.settled()
  await alice.settled()
  const stored = await store.read('bob', 0, 1000)
  assert.ok(stored.length >= 200, `${stored.length}`)
  for (const { envelope } of stored) {
    const { bytes } = envelope.body
    assert.ok(bytes.buffer.byteLength <= 4 * bytes.byteLength, `${bytes.byteLength} of ${bytes.buffer.byteLength}`)
  }
})

test('bytes in the sec of a message in an inbox keep no more memory than they need', async () => {
  const store = new MemoryInboxStore()
  await using server = await startHub({ store })
  await visit(server, 'bob')
  await using carol = await RawPeer.login(server.url, 'carol', { dialect: 'msgpack' })
  const sec = { tag: Uint8Array.of(1, 2, 3), parts: [Uint8Array.of(4)] }
  // A member that is not known is read by the thorough decoder.
  for (const [index, rest] of [{}, { unknown: 1 }].entries()) {
    await carol.publish('bob', 2 * index + 1, { sec, body: 'x'.repeat(10_000), ...rest })
  }
  const stored = await store.read('bob', 0, 10)
  assert.equal(stored.length, 2)
  for (const { envelope } of stored) {
    assert.deepEqual(envelope.sec, sec)
    const { tag, parts } = envelope.sec as typeof sec
    for (const bytes of [tag, ...parts]) assert.equal(bytes.buffer.byteLength, bytes.byteLength)
  }
})

test('what an inbox holds stays as it was, whatever comes behind it', async () => {
  const store = new MemoryInboxStore()
  await using server = await startHub({ store })
  await visit(server, 'bob')
  await using alice = await RawPeer.login(server.url, 'alice')
  await using carol = await RawPeer.login(server.url, 'carol', { dialect: 'msgpack' })
  await using dave = await CrossCommClient.login(server.url, 'dave')
  const lengths = [0, 1, 50, 500, 5000, 20_000, 70_000]
  for (const [index, length] of lengths.entries()) {
    const body = `${length} `.padEnd(length, `é${index}`)
    await alice.publish('bob', index + 1, { body })
    await carol.publish('bob', index + 1, {
      body,
      sec: { mac: Buffer.alloc(32, index) },
      headers: { length: `${length}` },
    })
    dave.say('bob', body)
  }
  await dave.settled()
  await alice.settled()
  const before = await store.read('bob', 0, 1000)
  assert.equal(before.length, 3 * lengths.length)
  const copy = structuredClone(before)
  for (let n = 100; n < 130; n++) {
    const behind = Array.from({ length: 20 }, (_, index) =>
      message('dave', n * 20 + index, { body: '#'.repeat(index * 300) }),
    )
    for (const peer of [alice, carol]) {
      peer.send(...behind)
      await peer.next((frame) => frame.op === 'sent' && Number(frame.n) >= n * 20 + 19)
    }
  }
  assert.deepEqual(structuredClone(await store.read('bob', 0, 1000)), copy)
  // Readers of each dialect get what was sent.
  await using bob = await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' })
  const delivered = await bob.deliveries(3 * lengths.length)
  for (const [index, { body }] of delivered.entries()) {
    const length = lengths[Math.floor(index / 3)] ?? 0
    assert.equal(body, `${length} `.padEnd(length, `é${Math.floor(index / 3)}`))
  }
})
