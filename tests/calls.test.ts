import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Call, HubClient, PosthouseError } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

type Dialect = 'json' | 'msgpack'

interface Company extends AsyncDisposable {
  readonly hub: Hub
  readonly alice: HubClient
  readonly bob: HubClient
}

/** A hub with two clients that are not connected yet. */
async function company(dialects: readonly [Dialect, Dialect] = ['json', 'json']): Promise<Company> {
  const hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  const [alice, bob] = dialects.map(
    (dialect, index) => new HubClient({ url, dialect, clientId: ['alice', 'bob'][index] ?? '' }),
  )
  if (alice === undefined || bob === undefined) throw new Error('nobody came')
  return {
    hub,
    alice,
    bob,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([alice.close(), bob.close()])
      await hub.close()
    },
  }
}

async function connected(dialects?: readonly [Dialect, Dialect]): Promise<Company> {
  const all = await company(dialects)
  await Promise.all([all.alice.connect(), all.bob.connect()])
  return all
}

async function* counting(from: number, to: number): AsyncGenerator<number> {
  for (let number = from; number < to; number++) yield number
}

async function collected(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = []
  for await (const value of values) list.push(value)
  return list
}

suite('calls between clients', () => {
  for (const from of ['json', 'msgpack'] as const) {
    for (const to of ['json', 'msgpack'] as const) {
      test(`are answered, at once or in parts, from ${from} to ${to}`, async () => {
        await using all = await connected([from, to])
        const { alice, bob } = all
        bob.handle('add', ({ body }) => (body as number[]).reduce((a, b) => a + b))
        bob.handle('who', async ({ from: caller, method }) => ({ caller, method }))
        bob.handle('nothing', () => undefined)
        bob.handle('count', ({ body }) => counting(0, Number(body)))
        assert.equal(await alice.request('bob', 'add', [1, 2]), 3)
        assert.deepEqual(await alice.request('bob', 'who'), { caller: 'alice', method: 'who' })
        assert.equal(await alice.request('bob', 'nothing', null), undefined)
        assert.deepEqual(await collected(alice.stream('bob', 'count', 200)), [...Array(200).keys()])
        assert.deepEqual(await collected(alice.stream('bob', 'count', 0)), [])
        assert.deepEqual(await collected(alice.stream('bob', 'add', [4])), [4])
        assert.deepEqual(await collected(alice.stream('bob', 'nothing')), [])
        await assert.rejects(alice.request('bob', 'count', 2), { code: 'call_failed' })
        await assert.rejects(alice.request('bob', 'count', 0), { code: 'call_failed' })
        assert.equal(await bob.request('bob', 'add', [1, 1]), 2)
      })
    }
  }

  test('reach a handler that was added before the connection, many at a time', async () => {
    await using all = await company()
    const { alice, bob } = all
    bob.handle('double', ({ body }) => Number(body) * 2)
    await Promise.all([alice.connect(), bob.connect()])
    const answers = await Promise.all([...Array(200).keys()].map((each) => alice.request('bob', 'double', each)))
    assert.deepEqual(
      answers,
      [...Array(200).keys()].map((each) => each * 2),
    )
  })

  test('fail at once where nobody can answer', async () => {
    await using all = await company()
    const { alice, bob } = all
    await assert.rejects(alice.request('bob', 'm'), { code: 'not_connected' })
    await assert.rejects(collected(alice.stream('bob', 'm')), { code: 'not_connected' })
    await alice.connect()
    await assert.rejects(alice.request('bob', 'm'), { code: 'unknown_recipient' })
    await bob.connect()
    await assert.rejects(alice.request('bob', 'm'), { code: 'no_handler' })
    const handler = bob.handle('m', () => 1)
    await assert.rejects(alice.request('bob', 'other'), { code: 'no_handler' })
    handler[Symbol.dispose]()
    await assert.rejects(alice.request('bob', 'm'), { code: 'no_handler' })
    await assert.rejects(alice.request('group:a', 'm'), { code: 'invalid_address' })
    await assert.rejects(alice.request('bob', ''), { code: 'invalid_option' })
    await assert.rejects(alice.request('bob', 'm', 1, { timeoutMs: 0 }), { code: 'invalid_option' })
    await assert.rejects(alice.request('bob', 'm', 1, { deadline: 0 }), { code: 'timeout' })
    await assert.rejects(alice.request('bob', 'm', Number.NaN), { code: 'unrepresentable' })
    await assert.rejects(alice.request('bob', 'm', 'x'.repeat(300_000)), { code: 'body_too_large' })
    await bob.close()
    await assert.rejects(alice.request('bob', 'm'), { code: 'offline' })
    await alice.close()
    await assert.rejects(alice.request('bob', 'm'), { code: 'closed' })
  })

  test('fail as their handler does, and tell only what was meant for the caller', async () => {
    await using all = await connected()
    const { alice, bob } = all
    const failures: string[] = []
    bob.watch('error', (error) => failures.push(error.message))
    bob.handle('refuse', () => {
      throw new PosthouseError('forbidden', 'not today')
    })
    bob.handle('break', async () => {
      throw new Error('secret')
    })
    bob.handle('break later', async function* () {
      yield 1
      throw new Error('another secret')
    })
    bob.handle('odd', () => Number.NaN)
    bob.handle('huge', () => 'x'.repeat(300_000))
    await assert.rejects(alice.request('bob', 'refuse'), { code: 'forbidden', message: 'not today' })
    await assert.rejects(alice.request('bob', 'break'), ({ code, message }: PosthouseError) => {
      return code === 'handler_failed' && !message.includes('secret')
    })
    const seen: unknown[] = []
    await assert.rejects(
      async () => {
        for await (const value of alice.stream('bob', 'break later')) seen.push(value)
      },
      { code: 'handler_failed' },
    )
    assert.deepEqual(seen, [1])
    assert.deepEqual(failures, ['secret', 'another secret'])
    await assert.rejects(alice.request('bob', 'odd'), { code: 'unrepresentable' })
    await assert.rejects(alice.request('bob', 'huge'), { code: 'body_too_large' })
  })

  test('end when the caller gives up or its time is over, and the handler hears of it', async () => {
    await using all = await connected()
    const { alice, bob } = all
    const calls: Call[] = []
    const waiting = (call: Call): Promise<void> => {
      calls.push(call)
      const { promise, resolve } = Promise.withResolvers<void>()
      call.signal.addEventListener('abort', () => resolve())
      begun.resolve()
      return promise
    }
    bob.handle('wait', waiting)
    let begun = Promise.withResolvers<void>()
    const abortion = new AbortController()
    const given = alice.request('bob', 'wait', undefined, { signal: abortion.signal })
    await begun.promise
    abortion.abort()
    await assert.rejects(given, { code: 'aborted' })
    begun = Promise.withResolvers<void>()
    const late = alice.request('bob', 'wait', undefined, { timeoutMs: 100 })
    await begun.promise
    await assert.rejects(late, { code: 'timeout' })
    await bob.drain()
    assert.deepEqual(
      calls.map(({ signal }) => (signal.reason as PosthouseError).code),
      ['aborted', 'aborted'],
    )
    assert.ok((calls[1]?.deadline ?? 0) > Date.now() - 60_000)
    await assert.rejects(alice.request('bob', 'wait', undefined, { signal: abortion.signal }), { code: 'aborted' })
  })

  test('in parts go no faster than the loop, and end with it', async () => {
    await using all = await connected(['json', 'msgpack'])
    const { alice, bob } = all
    let made = 0
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    bob.handle('forever', async function* () {
      try {
        for (;;) yield made++
      } finally {
        end()
      }
    })
    const taken: unknown[] = []
    for await (const value of alice.stream('bob', 'forever')) {
      taken.push(value)
      assert.ok(made <= taken.length + 34, `${made} made, ${taken.length} taken`)
      if (taken.length === 500) break
    }
    await ended
    assert.deepEqual(taken, [...Array(500).keys()])
  })

  test('in large parts pass, though they do not fit into the connection together', async () => {
    await using all = await connected()
    const { alice, bob } = all
    bob.handle('large', async function* () {
      for (let part = 0; part < 64; part++) yield `${part}`.padEnd(200_000, '.')
    })
    const streams = [1, 2, 3].map(() => collected(alice.stream('bob', 'large')))
    for (const parts of await Promise.all(streams)) assert.equal(parts.length, 64)
  })

  test('end with the connection of either end', async () => {
    await using all = await connected()
    const { alice, bob } = all
    const begun = Promise.withResolvers<Call>()
    bob.handle('wait', (call) => {
      begun.resolve(call)
      return new Promise(() => undefined)
    })
    const lost = alice.request('bob', 'wait')
    const { signal } = await begun.promise
    const gone = assert.rejects(lost, { code: 'call_lost' })
    await bob.close()
    await gone
    assert.ok(signal.aborted)
    all.hub.handle('wait', () => new Promise(() => undefined))
    const closed = assert.rejects(alice.request('hub', 'wait'), { code: 'closed' })
    await alice.request('hub', 'nothing').catch(() => undefined)
    await alice.close()
    await closed
  })

  test('are waited for by a drain, which takes no new ones', async () => {
    await using all = await connected()
    const { alice, bob } = all
    const begun = Promise.withResolvers<void>()
    const go = Promise.withResolvers<string>()
    bob.handle('wait', () => {
      begun.resolve()
      return go.promise
    })
    const answer = alice.request('bob', 'wait')
    await begun.promise
    const drained = bob.drain()
    await assert.rejects(alice.request('bob', 'wait'), { code: 'draining' })
    go.resolve('done')
    assert.equal(await answer, 'done')
    await drained
  })
})

test('calls to and from the hub', async () => {
  await using all = await connected(['json', 'msgpack'])
  const { alice, bob, hub } = all
  hub.handle('time', ({ from }) => `for ${from}`)
  bob.handle('ping', ({ from }) => `pong for ${from}`)
  assert.equal(await alice.request('hub', 'time'), 'for alice')
  assert.equal(await hub.request('bob', 'ping'), 'pong for hub')
  await assert.rejects(hub.request('alice', 'ping'), { code: 'no_handler' })
})

test('the cross_comm dialect has no calls', async () => {
  await using client = new HubClient({ dialect: 'cross_comm' })
  await assert.rejects(client.request('bob', 'm'), { code: 'unsupported' })
  assert.throws(() => client.handle('m', () => 1), { code: 'unsupported' })
})
