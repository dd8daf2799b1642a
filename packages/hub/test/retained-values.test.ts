import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { ask, bodies, deliveredSoFar, publish } from './channel-peers.ts'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { startHub, startTimelessHub } from './start-hub.ts'

async function retain(peer: RawPeer, to: string, n: number, fields: Frame): Promise<void> {
  const answer = await peer.publish(to, n, { retain: true, ...fields })
  assert.equal(answer.state, 'stored', JSON.stringify(answer))
}

suite('what a channel retains', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`is the last value that asked for it, told to who subscribes, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob')
      await retain(alice, 'channel:t.kitchen', 1, { body: '19' })
      await retain(alice, 'channel:t.kitchen', 2, { body: '20', headers: { unit: 'C' } })
      await retain(alice, 'channel:t.hall', 3, {
        type: 'bytes',
        body: dialect === 'json' ? 'AQI=' : new Uint8Array([1, 2]),
      })
      await publish(alice, 'channel:t.kitchen', 4)
      const { position } = await ask(bob, 'subscribe', 'channel:t.*')
      const [kitchen, hall] = await bob.deliveries(2)
      assert.deepEqual(
        [kitchen?.body, kitchen?.retained, kitchen?.stream, kitchen?.headers, kitchen?.seq],
        ['20', true, 'channel:t.*', { unit: 'C' }, undefined],
      )
      assert.equal(hall?.body, 'AQI=')
      assert.deepEqual(await deliveredSoFar(bob), [])
      await retain(alice, 'channel:t.kitchen', 5, { body: '21' })
      const live = await bob.next('deliver')
      assert.deepEqual([live.body, live.retained], ['21', undefined])
      await ask(bob, 'unsubscribe', 'channel:t.*')
      await ask(bob, 'subscribe', 'channel:t.*', { after: position, retained: false })
      assert.deepEqual(await bodies(bob, 1), ['21'])
    })

    test(`is taken away by an empty body, in ${dialect}`, async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob')
      const empty: readonly Frame[] = [
        { type: 'text', body: '' },
        { type: 'bytes', body: dialect === 'json' ? '' : new Uint8Array() },
        { type: 'x-nothing', body: null },
      ]
      let n = 0
      for (const fields of empty) {
        await retain(alice, 'channel:a', ++n, { body: 'value' })
        await retain(alice, 'channel:a', ++n, fields)
        await ask(bob, 'subscribe', 'channel:a')
        assert.deepEqual(await deliveredSoFar(bob), [])
        await ask(bob, 'unsubscribe', 'channel:a')
      }
    })
  }

  test('comes before history, which does not repeat it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    await retain(alice, 'channel:a.old', 1, { body: 'old' })
    await publish(alice, 'channel:a.new', 2)
    await retain(alice, 'channel:a.new', 3, { body: 'new' })
    await ask(bob, 'subscribe', 'channel:a.*', { last: 2 })
    const frames = await bob.deliveries(3)
    assert.deepEqual(
      frames.map(({ body, retained }) => [body, retained]),
      [
        ['old', true],
        ['text 2', undefined],
        ['new', undefined],
      ],
    )
    assert.deepEqual(await deliveredSoFar(bob), [])
  })

  test('is more than a slow reader can be sent at once, and what is live waits behind it', async () => {
    await using server = await startHub({ sendQueue: { softBytes: 20_000, hardBytes: 300_000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 60; n++) await retain(alice, `channel:a.${n}`, n, { body: `${n} ${'x'.repeat(10_000)}` })
    bob.raw.socket.pause()
    bob.send({ op: 'subscribe', id: 'q', to: 'channel:a.*' })
    await retain(alice, 'channel:a.1', 61, { body: 'newest' })
    bob.raw.socket.resume()
    const frames = await bob.deliveries(60)
    const all = [...frames, ...(await deliveredSoFar(bob))]
    assert.equal(new Set(all.map(({ to }) => to)).size, 60)
    assert.ok(all.slice(0, -1).every(({ retained }) => retained === true))
    // One that is replaced before it was written comes as the new one only.
    assert.deepEqual([all.filter(({ body }) => body === 'newest').length, all.at(-1)?.body], [1, 'newest'])
  })

  test('is read from the store as fast as it can be written, and not all of it at once', async () => {
    const inner = new MemoryInboxStore()
    let read = 0
    const begun = Promise.withResolvers<void>()
    const store = changedStore(inner, {
      retained: async (matches) => {
        const values = await inner.retained(matches)
        read += values.length
        if (read > 0) begun.resolve()
        return values
      },
    })
    await using server = await startHub({ store })
    for (let n = 1; n <= 100; n++) await server.hub.send(`channel:a.${n}`, 'x'.repeat(250_000), { retain: true })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    bob.raw.socket.pause()
    bob.send({ op: 'subscribe', id: 'q', to: 'channel:a.*' })
    await begun.promise
    await alice.settled()
    assert.ok(read < 100, `${read}`)
    bob.raw.socket.resume()
    const told = await bob.deliveries(100)
    assert.deepEqual([new Set(told.map(({ to }) => to)).size, read], [100, 100])
  })

  test('goes with qos 1 to a channel only', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await alice.publish('alice', 1, { retain: true })), 'invalid_field')
    alice.send({ op: 'send', id: 'live', to: 'channel:a', type: 'text', body: 'x', qos: 0, retain: true })
    assert.equal(codeOf(await alice.next('error')), 'invalid_field')
  })
})

suite('asking for what channels retain', () => {
  test('is held to a rate, by how much had to be looked at', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (let n = 1; n <= 500; n++) await retain(alice, `channel:a.${n}`, n, { body: 'x' })
    const answers: unknown[] = []
    while (answers.at(-1) !== 'rate_limited' && answers.length < 1000) {
      const answer = await ask(alice, 'subscribe', 'channel:b.*')
      answers.push(answer.code)
      await ask(alice, 'unsubscribe', 'channel:b.*')
    }
    assert.ok(answers.length > 100 && answers.length < 500, `${answers.length}`)
    server.clock.advance(1000)
    assert.equal((await ask(alice, 'subscribe', 'channel:b.*')).op, 'subscribe')
  })

  test('ends with the subscription', async () => {
    await using server = await startHub({ sendQueue: { softBytes: 20_000, hardBytes: 300_000 } })
    await using alice = await RawPeer.login(server.url, 'alice')
    await using bob = await RawPeer.login(server.url, 'bob')
    for (let n = 1; n <= 400; n++) await retain(alice, `channel:a.${n}`, n, { body: 'x'.repeat(30_000) })
    bob.raw.socket.pause()
    bob.send({ op: 'subscribe', id: 'q', to: 'channel:a.*' }, { op: 'unsubscribe', id: 'r', to: 'channel:a.*' })
    await alice.settled()
    bob.raw.socket.resume()
    await bob.next('unsubscribe')
    assert.ok((await bob.settled()).length < 400)
  })
})
