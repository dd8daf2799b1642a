import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ScriptedHub } from './scripted-hub.ts'

suite('messages in a loop', () => {
  test('are acknowledged when the next one is asked for', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const stream = client.messages('text')
    peer.deliver({ seq: 1 }, { seq: 2 })
    assert.equal((await stream.next()).value?.id, 'm1')
    peer.write({ op: 'ping' })
    await peer.next('pong')
    assert.equal((await stream.next()).value?.id, 'm2')
    assert.equal((await peer.next('ack')).seq, 1)
    const third = stream.next()
    assert.equal((await peer.next('ack')).seq, 2)
    peer.deliver({ seq: 3 })
    assert.equal((await third).value?.id, 'm3')
  })

  test('end with the loop, and what waits then counts as done', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const stream = client.messages('*')
    peer.deliver({ seq: 1 }, { seq: 2 }, { seq: 3 })
    for await (const message of stream) {
      assert.equal(message.id, 'm1')
      break
    }
    assert.equal((await peer.next('ack')).seq, 3)
    assert.deepEqual(await stream.next(), { done: true, value: undefined })
  })

  test('that nobody asked for count as done when the stream is given up', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    const stream = client.messages('*')
    peer.deliver({ seq: 1 }, { seq: 2 })
    peer.write({ op: 'ping' })
    await peer.next('pong')
    await stream.return()
    assert.equal((await peer.next('ack')).seq, 2)
  })

  test('end when the client closes, or the signal aborts', async () => {
    await using hub = await ScriptedHub.start()
    await using client = hub.client()
    const controller = new AbortController()
    const stopped = client.messages('*', { signal: controller.signal })
    const waiting = stopped.next()
    controller.abort()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    const never = client.messages('*', { signal: controller.signal })
    assert.equal((await never.next()).done, true)
    const closed = client.messages('*')
    const last = closed.next()
    await client.close()
    assert.equal((await last).done, true)
    assert.throws(() => client.messages('*'), { code: 'closed' })
  })

  test('are handed to consumers in the order in which they ask', async () => {
    await using hub = await ScriptedHub.start()
    await using online = await hub.online()
    const { client, peer } = online
    await using stream = client.messages('*')
    const asked = [stream.next(), stream.next()]
    peer.deliver({ seq: 1 }, { seq: 2 })
    const ids = (await Promise.all(asked)).map(({ value }) => value?.id)
    assert.deepEqual(ids, ['m1', 'm2'])
    assert.equal((await peer.next('ack')).seq, 1)
  })
})
