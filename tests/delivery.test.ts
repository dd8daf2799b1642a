import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient, type ManualMessage, type Message, type Receipt } from '@posthouse/client'
import { company } from './company.ts'

/** The next `count` things that `listen` is told. */
function next<Item>(count: number, listen: (take: (item: Item) => void) => unknown): Promise<readonly Item[]> {
  const { promise, resolve } = Promise.withResolvers<readonly Item[]>()
  const items: Item[] = []
  listen((item) => {
    items.push(item)
    if (items.length === count) resolve(items)
  })
  return promise
}

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`a message that is given back, in ${dialect}`, () => {
    test('comes again with a greater attempt, behind what came meanwhile', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      const come = next<readonly unknown[]>(3, (take) =>
        bob.on('text', { acknowledge: 'manual' }, (message: ManualMessage) => {
          take([message.body, message.attempt])
          if (message.attempt === 1 && message.body === 'first') message.nack({ delayMs: 1 })
          else message.ack()
          // Only the first word counts.
          message.nack()
          message.ack()
        }),
      )
      await alice.send('bob', 'first')
      await alice.send('bob', 'second')
      assert.deepEqual(await come, [
        ['first', 1],
        ['second', 1],
        ['first', 2],
      ])
    })

    test('by a handler that throws comes again where that was asked for', async () => {
      await using all = await company({ dialect })
      const { alice, bob } = all
      const codes: string[] = []
      bob.watch('error', ({ code }) => codes.push(code))
      const come = next<number>(2, (take) =>
        bob.on('text', { retry: true }, (message) => {
          take(message.attempt)
          if (message.attempt === 1) throw new Error('not now')
        }),
      )
      await alice.send('bob', 'work')
      assert.deepEqual(await come, [1, 2])
      assert.deepEqual(codes, ['handler_failed'])
    })
  })
}

suite('acknowledging by hand', () => {
  test('may come long after the handler has returned, in any order', async () => {
    await using all = await company()
    const { alice, bob } = all
    const [first, second] = await (async () => {
      const come = next<ManualMessage>(2, (take) => bob.on('text', { acknowledge: 'manual' }, take))
      await alice.send('bob', 1, { type: 'text' })
      await alice.send('bob', 2, { type: 'text' })
      return come
    })()
    const waiting = async (): Promise<unknown> => {
      const { messages } = (await all.alice.request('hub', 'hub.inbox', { client: 'bob' })) as { messages: number }
      return messages
    }
    assert.equal(await waiting(), 2)
    second?.ack()
    await bob.clients()
    assert.equal(await waiting(), 2, 'the first one is not done')
    first?.ack()
    // What is acknowledged leaves the store a moment later.
    while ((await waiting()) !== 0) await bob.clients()
  })

  test('of a message whose handler throws is left to the next life of the client', async () => {
    await using all = await company()
    const { alice, bob, url } = all
    const failed = next<string>(1, (take) => bob.watch('error', ({ code }) => take(code)))
    bob.on('text', { acknowledge: 'manual' }, () => {
      throw new Error('it forgot')
    })
    await alice.send('bob', 'x')
    assert.deepEqual(await failed, ['handler_failed'])
    await bob.close()
    await using life = new HubClient({ url, clientId: 'bob' })
    const come = next<Message>(1, (take) => life.on('text', take))
    await life.connect()
    assert.deepEqual(
      (await come).map(({ body, attempt }) => [body, attempt]),
      [['x', 1]],
    )
  })

  test('a drain waits for it', async () => {
    await using all = await company()
    const { alice, bob } = all
    const come = next<ManualMessage>(1, (take) => bob.on('text', { acknowledge: 'manual' }, take))
    await alice.send('bob', 'x')
    const [message] = await come
    const drained = bob.drain()
    message?.ack()
    await drained
  })
})

suite('a pause', () => {
  test('hands over nothing, fills the window, and loses nothing', async () => {
    await using all = await company()
    const { alice, bob } = all
    const bodies: unknown[] = []
    const { promise: full, resolve } = Promise.withResolvers<void>()
    bob.on('text', ({ body }: Message) => {
      bodies.push(Number(body))
      if (bodies.length === 400) resolve()
    })
    bob.pause()
    const sent = Array.from({ length: 400 }, (_, index) => alice.send('bob', String(index)))
    await Promise.all(sent)
    await bob.clients()
    assert.deepEqual(bodies, [])
    bob.resume()
    await full
    assert.deepEqual(
      bodies,
      Array.from({ length: 400 }, (_, index) => index),
    )
  })
})

suite('what becomes of a message', () => {
  test('its sender is told where it asks for receipts', async () => {
    await using all = await company()
    const { alice, bob } = all
    const receipts = next<Receipt>(1, (take) => alice.watch('receipt', take))
    bob.on('text', () => undefined)
    const { id } = await alice.send('bob', 'x', { receipts: true })
    const [receipt] = await receipts
    assert.deepEqual([receipt?.id, receipt?.state, receipt?.by], [id, 'delivered', 'bob'])
  })

  test('may be that it was dropped, or refused, where the recipient is away', async () => {
    await using all = await company()
    const { alice, bob } = all
    await bob.close()
    assert.equal((await alice.send('bob', 'x', { whenOffline: 'drop' })).state, 'dropped')
    await assert.rejects(alice.send('bob', 'x', { whenOffline: 'error' }), { code: 'offline' })
    assert.equal((await alice.send('bob', 'x', { whenOffline: 'store' })).state, 'stored')
  })

  test('may be that it comes later, in its time', async () => {
    await using all = await company()
    const { alice, bob } = all
    const come = next<unknown>(2, (take) => bob.on('text', ({ body }) => take(body)))
    await alice.send('bob', 'later', { deliverAt: new Date(Date.now() + 50) })
    await alice.send('bob', 'now')
    assert.deepEqual(await come, ['now', 'later'])
  })

  test('what does not go together is refused by the hub', async () => {
    await using all = await company()
    const { alice } = all
    await assert.rejects(alice.send('bob', 'x', { priority: 3 }), { code: 'invalid_field' })
    await assert.rejects(alice.send('bob', 'x', { deliverAt: new Date('never') }), { code: 'invalid_field' })
    await assert.rejects(alice.send('bob', 'x', { retain: true }), { code: 'invalid_field' })
  })
})
