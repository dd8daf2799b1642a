import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RawPeer } from './raw-peer.ts'
import { startHub } from './start-hub.ts'

test('a client that gives up the channel that has filled its window is given what else waits for it', async () => {
  await using server = await startHub({ limits: { windowMessages: 1 } })
  await using alice = await RawPeer.login(server.url, 'alice')
  await using bob = await RawPeer.login(server.url, 'bob')
  bob.send({ op: 'subscribe', id: 'q1', to: 'channel:news' })
  await bob.next('subscribe')
  await alice.publish('channel:news', 1)
  assert.equal((await bob.next('deliver')).stream, 'channel:news')
  await alice.publish('bob', 2)
  bob.send({ op: 'unsubscribe', id: 'q2', to: 'channel:news' })
  const { stream, body } = await bob.next('deliver')
  assert.deepEqual({ stream, body }, { stream: undefined, body: 'text 2' })
})
