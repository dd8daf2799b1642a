import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ChannelMessage, type Gap, HubClient, type QueueMessage } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { company } from './company.ts'

/** Takes things one by one, and waits for them. */
class Basket<Item> {
  readonly #items: Item[] = []
  #told: () => void = () => undefined

  readonly put = (item: Item): void => {
    this.#items.push(item)
    this.#told()
  }

  async take(count: number): Promise<readonly Item[]> {
    while (this.#items.length < count) {
      await new Promise<void>((resolve) => {
        this.#told = resolve
      })
    }
    return this.#items.splice(0, count)
  }

  get size(): number {
    return this.#items.length
  }
}

function bodyOf({ body }: { readonly body: unknown }): unknown {
  return body
}

/** The next time that a client is online again after its connection was cut. */
function back(client: HubClient): Promise<void> {
  return new Promise((resolve) => {
    const watcher = client.watch('state', ({ state }) => {
      if (state !== 'online') return
      watcher[Symbol.dispose]()
      resolve()
    })
  })
}

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`groups, channels and queues, in ${dialect}`, () => {
    test('a group is joined, reached, and left', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      assert.deepEqual(await alice.join('team'), { members: 1, role: 'owner' })
      assert.deepEqual(await alice.join('team', { client: 'bob' }), { members: 2, role: 'member' })
      const basket = new Basket<unknown>()
      bob.on('text', ({ to, body }) => basket.put([to, body]))
      await alice.send('group:team', 'hello')
      assert.deepEqual(await basket.take(1), [['group:team', 'hello']])
      await bob.leave('team')
      assert.deepEqual(await alice.join('team'), { members: 1, role: 'owner' })
      await assert.rejects(bob.join(''), { code: 'invalid_address' })
    })

    test('a channel is heard by those who are subscribed, with its history and retained value', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      await alice.publish('news.local', 'old')
      await alice.publish('news.weather', 'sunny', { retain: true })
      const basket = new Basket<ChannelMessage>()
      bob.on('*', () => assert.fail('it is not for listeners'))
      const subscription = await bob.subscribe('news.*', basket.put, { last: 1 })
      await alice.publish('news.local', 'new')
      await alice.publish('news.local', 'live', { qos: 0 })
      const messages = await basket.take(3)
      assert.deepEqual(
        messages.map(({ channel, body, retained }) => [channel, body, retained]),
        [
          ['news.weather', 'sunny', false],
          ['news.local', 'new', false],
          ['news.local', 'live', false],
        ],
      )
      assert.equal(subscription.position?.seq, messages[1]?.seq)
      const later = new Basket<ChannelMessage>()
      await alice.subscribe('news.weather', later.put)
      assert.deepEqual(
        (await later.take(1)).map(({ body, retained, seq }) => [body, retained, seq]),
        [['sunny', true, undefined]],
      )
      await subscription.close()
      await alice.publish('news.local', 'unheard')
      await bob.clients()
      assert.equal(basket.size, 0)
    })

    test('what a channel keeps can be asked for', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      for (const text of ['a', 'b', 'c']) await alice.publish('log', text)
      await alice.publish('log', new Uint8Array([1, 2]))
      const { messages, position, more } = await bob.history('log', { limit: 2 })
      assert.deepEqual([messages.map(bodyOf), more], [['a', 'b'], true])
      const rest = await bob.history('log', { after: position })
      assert.deepEqual([rest.messages.map(bodyOf), rest.gaps], [['c', new Uint8Array([1, 2])], []])
    })

    test('a queue gives each message to one worker, and again where that fails', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      const errors = new Basket<string>()
      bob.watch('error', ({ code }) => errors.put(code))
      const done = new Basket<unknown>()
      await bob.work(
        'jobs',
        (message: QueueMessage) => {
          if (message.body === 'hard' && message.attempt === 1) throw new Error('too hard')
          done.put([message.queue, message.body, message.attempt])
        },
        { prefetch: 2 },
      )
      await alice.send('queue:jobs', 'easy')
      await alice.send('queue:jobs', 'hard', { priority: 9 })
      assert.deepEqual(await done.take(2), [
        ['jobs', 'easy', 1],
        ['jobs', 'hard', 2],
      ])
      assert.deepEqual(await errors.take(1), ['handler_failed'])
    })
  })
}

suite('a subscription', () => {
  test('may be asked for before there is a connection, and once for each pattern', async () => {
    const hub = new Hub()
    const { url } = await hub.listen({ port: 0 })
    await using client = new HubClient({ url, clientId: 'carol' })
    const basket = new Basket<ChannelMessage>()
    const subscribed = client.subscribe('a.**', basket.put)
    await client.connect()
    await subscribed
    await client.publish('a.b.c', 'x')
    assert.deepEqual((await basket.take(1)).map(bodyOf), ['x'])
    await assert.rejects(client.subscribe('a.**', basket.put), { code: 'invalid_option' })
    await assert.rejects(client.subscribe('a..b', basket.put), { code: 'invalid_address' })
    await assert.rejects(client.subscribe('a.**.b', basket.put, { signal: AbortSignal.abort() }), { code: 'aborted' })
    const stop = new AbortController()
    await client.subscribe('b', basket.put, { signal: stop.signal })
    stop.abort()
    await client.publish('b', 'y')
    await client.clients()
    assert.equal(basket.size, 0)
    await client.close()
    await assert.rejects(client.subscribe('c', basket.put), { code: 'closed' })
    await hub.close()
  })

  test('goes on where it was after a lost connection, and after a hub that forgot the session', async () => {
    const sockets: WebSocket[] = []
    class Cuttable extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args)
        sockets.push(this)
      }
    }
    await using all = await company()
    const { hub, url, alice } = all
    await using client = new HubClient({ url, clientId: 'carol', WebSocket: Cuttable, random: () => 0 })
    await client.connect()
    const basket = new Basket<ChannelMessage>()
    const gaps = new Basket<Gap>()
    client.watch('gap', gaps.put)
    await client.subscribe('a', basket.put)
    const jobs = new Basket<unknown>()
    await client.work('jobs', ({ body }) => jobs.put(body))
    await alice.publish('a', 1 as unknown, { type: 'x-n' })
    assert.deepEqual((await basket.take(1)).map(bodyOf), [1])
    const online = back(client)
    sockets.at(-1)?.close(4000)
    await alice.publish('a', 2, { type: 'x-n' })
    await alice.send('queue:jobs', 'one')
    await online
    assert.deepEqual((await basket.take(1)).map(bodyOf), [2])
    assert.deepEqual(await jobs.take(1), ['one'])
    const again = Promise.all([back(client), back(alice)])
    await hub.close()
    await using next = new Hub()
    await next.listen({ port: Number(new URL(url).port) })
    await again
    await alice.publish('a', 3, { type: 'x-n' })
    assert.deepEqual((await basket.take(1)).map(bodyOf), [3])
    await alice.send('queue:jobs', 'two')
    assert.deepEqual(await jobs.take(1), ['two'])
    const [gap] = (await gaps.take(gaps.size)).filter(({ stream }) => stream === 'channel:a')
    assert.equal(gap?.reason, 'epoch')
  })

  test('that is made anew on one connection is given again what the one before was given', async () => {
    await using all = await company()
    const { alice, bob } = all
    for (const text of ['a', 'b', 'c']) await alice.publish('news', text)
    for (let time = 0; time < 3; time++) {
      const basket = new Basket<ChannelMessage>()
      await using _ = await bob.subscribe('news', basket.put, { after: 'start' })
      assert.deepEqual((await basket.take(3)).map(bodyOf), ['a', 'b', 'c'])
    }
    const errors = new Basket<unknown>()
    bob.watch('error', errors.put)
    const last = new Basket<ChannelMessage>()
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const first = await bob.subscribe(
      'news',
      async () => {
        resolve()
        await bob.clients()
      },
      { after: 'start' },
    )
    await begun
    void first.close()
    await bob.subscribe('news', last.put, { after: 'start' })
    await alice.publish('news', 'd')
    assert.deepEqual((await last.take(4)).map(bodyOf), ['a', 'b', 'c', 'd'])
    await bob.clients()
    assert.deepEqual([last.size, errors.size], [0, 0])
  })

  test('to a queue gives back what was not handled when it ends', async () => {
    await using all = await company()
    const { alice, bob } = all
    bob.pause()
    const lazy = await bob.work('jobs', () => assert.fail('it was paused'), { prefetch: 10 })
    for (const text of ['a', 'b', 'c']) await alice.send('queue:jobs', text)
    await bob.clients()
    await lazy.close()
    const done = new Basket<unknown>()
    await alice.work('jobs', ({ body }) => done.put(body))
    assert.deepEqual(new Set(await done.take(3)), new Set(['a', 'b', 'c']))
  })
})

suite('receipts', () => {
  for (const dialect of ['json', 'msgpack'] as const) {
    test(`of more messages than the window holds are acknowledged in turn with messages, in ${dialect}`, async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      const told = new Basket<unknown>()
      alice.watch('receipt', ({ id }) => told.put(id))
      bob.on('text', () => undefined)
      const heard = new Basket<unknown>()
      alice.on('text', ({ body }) => heard.put(body))
      const ids: string[] = []
      for (let number = 0; number < 300; number++) {
        const [{ id }] = await Promise.all([alice.send('bob', 'x', { receipts: true }), bob.send('alice', `${number}`)])
        ids.push(id)
      }
      assert.deepEqual(await told.take(300), ids)
      assert.equal((await heard.take(300)).at(-1), '299')
      await alice.drain()
      assert.partialDeepStrictEqual(await bob.request('hub', 'hub.inbox', { client: 'alice' }), { messages: 0 })
    })
  }
})

suite('a message that was read', () => {
  test('its sender is told when the reader says so', async () => {
    await using all = await company()
    const { alice, bob } = all
    const receipts = new Basket<string>()
    alice.watch('receipt', ({ state }) => receipts.put(state))
    const basket = new Basket<{ readonly id: string; readonly from: string }>()
    bob.on('text', basket.put)
    await alice.send('bob', 'x', { receipts: true })
    const [message] = await basket.take(1)
    assert.ok(message)
    assert.deepEqual(await receipts.take(1), ['delivered'])
    await bob.markRead(message)
    assert.deepEqual(await receipts.take(1), ['read'])
    const errors = new Basket<string>()
    bob.watch('error', ({ code }) => errors.put(code))
    await bob.markRead(message)
    assert.deepEqual(await errors.take(1), ['unexpected_frame'])
  })
})
