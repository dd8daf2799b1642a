import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type CallTrouble, createCallClient } from '@posthouse/client/calls'
import { CallbackLine } from '../../src/caller/callback-line.ts'
import { OriginalServer } from './original-server.ts'

suite('callbacks', () => {
  for (const limit of [1, 2, 10]) {
    test(`run ${limit} at a time and never more`, async () => {
      const line = new CallbackLine(limit)
      let active = 0
      let most = 0
      let done = 0
      for (let index = 0; index < 100; index++) {
        line.add('name', async () => {
          most = Math.max(most, ++active)
          await setImmediate()
          active--
          done++
        })
      }
      await line.rest()
      assert.deepEqual([most, done, line.waiting], [limit, 100, 0])
    })
  }

  test('take turns by name, so that a long line holds up no other', async () => {
    const line = new CallbackLine(1)
    const order: string[] = []
    const add = (name: string): void => line.add(name, () => Promise.resolve(void order.push(name)))
    for (let index = 0; index < 50; index++) add('chatty')
    for (const name of ['quiet', 'calm', 'quiet']) add(name)
    await line.rest()
    assert.deepEqual(order.slice(0, 6), ['chatty', 'chatty', 'quiet', 'calm', 'chatty', 'quiet'])
    assert.equal(order.length, 53)
  })

  test('that fail are told of, with what they were given, and keep nobody from the rest', async () => {
    await using server = await OriginalServer.start()
    server.register('n', (data) => data)
    await using client = createCallClient({ logLevel: 'silent', socketUrl: server.socketUrl, maxConcurrent: 1 })
    const troubles: CallTrouble[] = []
    const heard: unknown[] = []
    client.watch('error', (trouble) => troubles.push(trouble))
    client.registerCallback('n', ({ data }) => {
      heard.push(data)
      throw new Error('out of paper')
    })
    for (let n = 0; n < 3; n++) await client.callWithCallback('n', n)
    // The results are in the order of the calls: the last call is answered after those before.
    await client.call('n')
    await client.disconnect()
    assert.deepEqual(heard, [0, 1, 2])
    assert.deepEqual(
      troubles.map(({ error, callback, response }) => [error.code, error.message, callback, response?.data]),
      heard.map((n) => ['handler_failed', 'out of paper', 'n', n]),
    )
  })

  test('that nobody can take any more are told of, too', async () => {
    await using server = await OriginalServer.start()
    const go = Promise.withResolvers<void>()
    server.register('slow', () => go.promise)
    await using client = createCallClient({ logLevel: 'silent', socketUrl: server.socketUrl })
    const told = Promise.withResolvers<CallTrouble>()
    client.watch('error', told.resolve)
    client.registerCallback('slow', () => assert.fail('it was unregistered'))
    await client.callWithCallback('slow')
    assert.equal(client.unregister('slow'), true)
    assert.equal(client.unregister('slow'), false)
    go.resolve()
    const { error, callback, response } = await told.promise
    assert.deepEqual([error.code, callback, response?.success], ['no_handler', 'slow', true])
  })

  test('have a place for each result that is waited for, and no more calls than places', async () => {
    await using server = await OriginalServer.start()
    const go = Promise.withResolvers<void>()
    server.register('slow', () => go.promise)
    await using client = createCallClient({ logLevel: 'silent', socketUrl: server.socketUrl, maxQueued: 2 })
    const results: boolean[] = []
    client.registerCallback('slow', ({ success }) => results.push(success))
    await client.callWithCallback('slow')
    await client.callWithCallback('slow')
    await assert.rejects(client.callWithCallback('slow'), { code: 'too_many_calls' })
    go.resolve()
    await client.call('slow')
    await client.disconnect()
    assert.deepEqual(results, [true, true])
  })

  test('hear of a call whose end nobody knows', async () => {
    await using server = await OriginalServer.start()
    server.register('stuck', () => new Promise(() => undefined))
    await using client = createCallClient({ logLevel: 'silent', socketUrl: server.socketUrl, reconnection: false })
    const heard = Promise.withResolvers<unknown>()
    client.registerCallback('stuck', ({ success, code, callback_func }) =>
      heard.resolve([success, code, callback_func]),
    )
    await client.callWithCallback('stuck')
    await server[Symbol.asyncDispose]()
    assert.deepEqual(await heard.promise, [false, 'unknown_outcome', 'stuck'])
  })
})
