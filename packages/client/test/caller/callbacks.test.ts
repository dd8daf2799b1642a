import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type CallClientOptions, type CallResponse, createCallClient } from '@posthouse/client/calls'
import { createSigningKey, signCallback } from '@posthouse/core/callbacks'

const response: CallResponse = { request_id: 'r', api: 'user.get', success: true, data: { id: 7 }, callback_func: 'cb' }
const key = createSigningKey()

const clientWith = (options: CallClientOptions) =>
  createCallClient({ logLevel: 'silent', httpUrl: 'http://127.0.0.1:1/api/call', ...options })

async function signed(body: string, keys: readonly string[] = [key], id: string = 'm-1', ageMs: number = 0) {
  return await signCallback({ id, timestamp: Math.floor((Date.now() - ageMs) / 1000), body, keys })
}

suite('callbacks that come by HTTP', () => {
  test('run once where they are signed, however often they come, with any of the keys', async () => {
    await using client = clientWith({ callbackSecret: [createSigningKey(), key] })
    const heard: CallResponse[] = []
    client.registerCallback('cb', (each) => heard.push(each))
    const body = JSON.stringify(response)
    for (const each of [body, new TextEncoder().encode(body), body]) {
      assert.equal((await client.handleCallback(each, await signed(body))).status, 200)
    }
    const headers = new Headers({ ...(await signed(body, [createSigningKey(), key], 'm-2')) })
    assert.equal((await client.handleCallback(body, headers)).status, 200)
    await client.disconnect()
    assert.deepEqual(heard, [response, response])
  })

  test('are refused without a signature that is right and of now', async () => {
    await using client = clientWith({ callbackSecret: key })
    client.registerCallback('cb', () => assert.fail('a forged callback ran'))
    const body = JSON.stringify(response)
    for (const [headers, text] of [
      [{}, body],
      [await signed(body, [createSigningKey()]), body],
      [await signed(body), `${body} `],
      [await signed(body, [key], 'm', 600_000), body],
      [await signed(body, [key], 'm', -600_000), body],
      [{ ...(await signed(body)), 'webhook-id': 'other' }, body],
    ] as const) {
      const { status, body: reply } = await client.handleCallback(text, headers)
      assert.deepEqual([status, reply.code], [401, 'invalid_signature'])
    }
    await using nobody = clientWith({})
    assert.equal((await nobody.handleCallback(body, await signed(body))).status, 401)
  })

  test('say when they are not understood, not wanted, or too many', async () => {
    await using client = clientWith({ callbackSecret: key, maxConcurrent: 1, maxQueued: 1 })
    const done = Promise.withResolvers<void>()
    client.registerCallback('cb', () => done.promise)
    const give = async (body: string, id: string): Promise<number> =>
      (await client.handleCallback(body, await signed(body, [key], id))).status
    assert.equal(await give('{', 'a'), 400)
    assert.equal(await give('{"success":true}', 'b'), 400)
    assert.equal(await give(JSON.stringify({ ...response, callback_func: 'other' }), 'c'), 404)
    const body = JSON.stringify(response)
    // One runs, one waits.
    assert.deepEqual([await give(body, 'd'), await give(body, 'e'), await give(body, 'f')], [200, 200, 503])
    done.resolve()
    await client.disconnect()
    assert.equal(await give(body, 'f'), 200)
    await assert.rejects(client.handleCallback(response, await signed(body)), { code: 'invalid_option' })
  })

  test('without a signature are believed in compatible mode only, and only about calls under way', async () => {
    await using client = clientWith({ unsignedCallbacks: true })
    client.registerCallback('cb', () => assert.fail('a forged callback ran'))
    assert.equal((await client.handleCallback(response)).status, 404)
    assert.equal((await client.handleCallback(JSON.stringify(response))).status, 404)
  })
})

test('a call client refuses options that it has not, or that cannot be', () => {
  const wrong: readonly (readonly [options: object, problem: RegExp])[] = [
    [{ reconnectionDelay: 1000 }, /has no option reconnectionDelay, only .*reconnectionDelayMs/],
    [{ socketUrl: 'ftp://127.0.0.1' }, /socketUrl must be an address that begins with ws:/],
    [{ httpUrl: 'ws://127.0.0.1' }, /httpUrl must be an address that begins with http:/],
    [{ maxConcurrent: 0 }, /maxConcurrent must be a whole number from 1, not 0/],
    [{ timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs must be a finite number above 0/],
    [{ logLevel: 'warning' }, /logLevel must be one of silent, error, warn, info, debug, not "warning"/],
    [{ callbackSecret: 7 }, /callbackSecret must be .*, not a number/],
  ]
  for (const [options, message] of wrong) {
    assert.throws(() => createCallClient(options), { code: 'invalid_option', message })
  }
})
