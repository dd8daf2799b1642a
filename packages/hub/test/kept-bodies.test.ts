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
