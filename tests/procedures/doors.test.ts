import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { CallClient, CallMode } from '@posthouse/client/calls'
import { MemoryCallStore } from '@posthouse/core'
import { CallWorld } from './call-world.ts'

/** Resolves when calls travel so. */
async function until(client: CallClient, mode: CallMode): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  using _watch = client.watch('mode', (change) => change.mode === mode && resolve())
  if (client.mode !== mode) await promise
}

suite('a client with two doors', () => {
  test('takes the socket first, HTTP while it is gone, and goes back by itself', async () => {
    await using world = await CallWorld.start()
    const client = world.client(world.doors)
    const modes: unknown[] = []
    client.watch('mode', ({ mode, error }) => modes.push([mode, error?.code]))
    assert.equal(client.mode, 'offline')
    assert.equal(await client.call('quick', 1), 1)
    await world.socketLine.close()
    await until(client, 'http')
    assert.equal(await client.call('quick', 2), 2)
    await world.socketLine.open()
    await until(client, 'socket')
    assert.equal(await client.call('quick', 3), 3)
    await client.disconnect()
    assert.deepEqual(modes, [
      ['socket', undefined],
      ['http', 'not_connected'],
      ['socket', undefined],
      ['offline', undefined],
    ])
  })

  test('carries out each call once while the socket comes and goes under load', async () => {
    await using world = await CallWorld.start()
    const client = world.client(world.doors)
    await client.connect()
    const calls = 200
    const results: unknown[] = []
    let next = 0
    let isOver = false
    let wake = (): void => undefined
    const work = async (): Promise<void> => {
      while (next < calls) {
        results.push(await client.call('quick', next++))
        wake()
      }
    }
    /** A line that is cut as soon as it stands carries nothing, whoever is at its ends. */
    const something = async (): Promise<void> => {
      const before = results.length
      while (!isOver && results.length === before) await new Promise<void>((resolve) => (wake = resolve))
    }
    const spoil = async (): Promise<void> => {
      for (let round = 0; !isOver; round++) {
        const [line, mode] = round % 2 === 0 ? [world.socketLine, 'http'] : [world.httpLine, undefined]
        if (round % 3 === 2) world.socketLine.strand('down')
        await line.close()
        if (mode === 'http') await until(client, mode)
        await line.open()
        await until(client, 'socket')
        await something()
      }
    }
    const spoiling = spoil()
    await Promise.all(Array.from({ length: 8 }, work))
    isOver = true
    wake()
    await spoiling
    const inOrder = Array.from({ length: calls }, (_, n) => n)
    assert.deepEqual(
      world.executions.toSorted((a, b) => a - b),
      inOrder,
    )
    assert.deepEqual(
      results.map(Number).toSorted((a, b) => a - b),
      inOrder,
    )
  })

  test('gets the first result from a server that went and came back with what it remembers', async () => {
    const store = new MemoryCallStore()
    await using world = await CallWorld.start(store)
    const client = world.client({ ...world.doors, reconnectionAttempts: 50 })
    assert.equal(await client.call('quick', 1, { requestId: 'first' }), 1)
    await world.restart(store)
    assert.equal(await client.call('quick', 1, { requestId: 'first' }), 1)
    assert.deepEqual(world.executions, [1])
  })

  for (const way of ['socket', 'http'] as const) {
    test(`waits for the next server where one is about to leave, through ${way}`, async () => {
      await using world = await CallWorld.start()
      const { socketUrl, httpUrl } = world.doors
      const client = world.client({ ...(way === 'socket' ? { socketUrl } : { httpUrl }), reconnectionAttempts: 50 })
      await client.connect()
      await world.drain()
      const call = client.call('quick', 1, { idempotent: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.deepEqual(world.executions, [])
      await world.restart(new MemoryCallStore())
      assert.equal(await call, 1)
      assert.deepEqual(world.executions, [1])
    })
  }

  test('says that an outcome is unknown where the server came back and remembers nothing', async () => {
    for (const doors of ['both', 'socket', 'http'] as const) {
      await using world = await CallWorld.start()
      const { socketUrl, httpUrl } = world.doors
      const client = world.client({
        ...(doors !== 'http' && { socketUrl }),
        ...(doors !== 'socket' && { httpUrl }),
        reconnectionAttempts: 50,
      })
      const once = client.call('work', 1)
      const often = client.call('work', 2, { idempotent: true })
      const refused = assert.rejects(once, { code: 'unknown_outcome' })
      while (world.executions.length < 2) await new Promise(setImmediate)
      await world.restart(new MemoryCallStore())
      await refused
      world.finished.resolve()
      assert.deepEqual(await often, { worked: 2 })
      assert.deepEqual(world.executions.toSorted(), [1, 2, 2], doors)
    }
  })

  test('gives up where nothing answers, and says so', async () => {
    await using world = await CallWorld.start()
    await Promise.all([world.socketLine.close(), world.httpLine.close()])
    const both = world.client({ ...world.doors, reconnectionAttempts: 2 })
    await assert.rejects(both.connect(), { code: 'unreachable' })
    await assert.rejects(both.call('quick', 1), { code: 'unreachable' })
    const socketOnly = world.client({ socketUrl: world.doors.socketUrl })
    await assert.rejects(socketOnly.connect(), { code: 'unreachable' })
    await assert.rejects(socketOnly.call('quick', 1), { code: 'unreachable' })
    // A call that waits for the connection fails for the reason that the connection does.
    const [called, connected] = await Promise.allSettled([socketOnly.call('quick', 1), socketOnly.connect()])
    assert.ok(called.status === 'rejected' && connected.status === 'rejected')
    assert.deepEqual([called.reason.code, connected.reason.code], ['unreachable', 'unreachable'])
    await world.socketLine.open()
    assert.equal(await socketOnly.call('quick', 1), 1)
  })

  test('stays away once it is disconnected, whatever was under way, until the next call', async () => {
    await using world = await CallWorld.start()
    const client = world.client({ ...world.doors, reconnectionAttempts: 50 })
    await client.connect()
    const call = assert.rejects(client.call('work', 1), { code: 'closed' })
    await world.begun.promise
    await Promise.all([world.socketLine.close(), world.httpLine.close()])
    await until(client, 'http')
    await client.disconnect()
    await call
    await Promise.all([world.socketLine.open(), world.httpLine.open()])
    let came = false
    void world.socketLine.next('up').then(() => {
      came = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.deepEqual([came, client.mode], [false, 'offline'])
    world.finished.resolve()
    assert.equal(await client.call('quick', 2), 2)
  })

  test('seeks a lost socket as often as it is told to', async () => {
    await using world = await CallWorld.start()
    for (const settings of [{ reconnection: false }, { reconnectionAttempts: 2 }]) {
      const client = world.client({ socketUrl: world.doors.socketUrl, ...settings })
      await client.connect()
      await world.socketLine.close()
      await until(client, 'offline')
      await assert.rejects(client.call('quick', 1), { code: /unreachable|not_connected/ })
      await world.socketLine.open()
    }
    const endless = world.client({ socketUrl: world.doors.socketUrl, reconnectionAttempts: Number.POSITIVE_INFINITY })
    await endless.connect()
    await world.socketLine.close()
    const patient = endless.call('quick', 5)
    await new Promise((resolve) => setTimeout(resolve, 600))
    await world.socketLine.open()
    assert.equal(await patient, 5)
  })
})

for (const way of ['socket', 'http'] as const) {
  suite(`calls through ${way}`, () => {
    const only = ({ doors: { socketUrl, httpUrl } }: CallWorld) => (way === 'socket' ? { socketUrl } : { httpUrl })

    test('come in items, each once and in order, while the connection is lost again and again', async () => {
      await using world = await CallWorld.start()
      const line = way === 'socket' ? world.socketLine : world.httpLine
      const client = world.client({ ...only(world), reconnectionAttempts: 50 })
      const items: unknown[] = []
      for await (const item of client.stream('count', 500)) {
        items.push(item)
        if (items.length % 120 === 60) line.reset()
      }
      assert.deepEqual(items, [...items.keys()])
      assert.equal(items.length, 500)
      assert.equal(world.executions.length, 500)
    })

    test('are not made faster than their items are taken, and end with the loop', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      let taken = 0
      for await (const _ of client.stream('count', 1_000_000)) {
        taken++
        // Whatever the server could send meanwhile, it would have sent.
        if (taken < 5) await client.call('quick', -1)
        if (taken === 100) break
      }
      const made = world.executions.filter((n) => n >= 0).length
      // HTTP has the buffers of its connection besides.
      assert.ok(made >= 100 && made < (way === 'socket' ? 200 : 100_000), `${made} items were made`)
    })

    test('tell how they get on', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      const told: unknown[] = []
      const result = client.call(
        'tell',
        {},
        {
          onProgress: (progress) => {
            if (told.push(progress) === 1) world.begun.resolve()
            else world.finished.resolve()
          },
        },
      )
      assert.equal(await result, 'told')
      const whole = await client.call('count', 3000, { onProgress: () => assert.fail('it says nothing') })
      assert.deepEqual(
        whole,
        Array.from({ length: 3000 }, (_, n) => n),
      )
      assert.deepEqual(told, [{ percent: 10 }, { percent: 50 }])
    })

    test('are given up by a signal, at the server too', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      const controller = new AbortController()
      const call = client.call('stuck', {}, { signal: controller.signal, requestId: 'orders/7?ü' })
      await world.begun.promise
      controller.abort(new Error('enough'))
      await assert.rejects(call, { code: 'aborted' })
      await world.finished.promise
      assert.deepEqual(world.reasons, ['aborted'])
    })

    test('are given up by a watcher of their progress that throws, at the server too', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      const onProgress = (): void => {
        throw new Error('of no use')
      }
      await assert.rejects(client.call('tell', {}, { onProgress }), { code: 'handler_failed' })
      assert.equal(await client.call('quick', 1), 1)
      world.begun.resolve()
      world.finished.resolve()
    })

    test('end at their deadline, at the server too', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      await assert.rejects(client.call('stuck', {}, { timeoutMs: 200 }), { code: 'timeout' })
      await world.finished.promise
    })

    test('fail with what the server says', async () => {
      await using world = await CallWorld.start()
      const client = world.client(only(world))
      await assert.rejects(client.call('nobody'), { code: 'no_handler' })
      await client.call('quick', 1, { requestId: 'same' })
      await assert.rejects(client.call('quick', 2, { requestId: 'same' }), { code: 'call_conflict' })
    })

    test('are many at the same time, and refused at once where they are too many', async () => {
      await using world = await CallWorld.start()
      const maxPending = way === 'socket' ? 10_000 : 100
      const client = world.client({ ...only(world), silenceMs: 5000, connectTimeoutMs: 10_000, maxPending })
      const calls = Array.from({ length: maxPending }, (_, n) => client.call('work', n))
      await assert.rejects(client.call('quick', -1), { code: 'too_many_calls' })
      while (world.executions.length < maxPending) await new Promise(setImmediate)
      world.finished.resolve()
      for (const [n, result] of (await Promise.all(calls)).entries()) assert.deepEqual(result, { worked: n })
      assert.equal(new Set(world.executions).size, maxPending)
      assert.equal(world.executions.length, maxPending)
    })
  })
}
