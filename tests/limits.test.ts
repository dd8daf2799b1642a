import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient, isPosthouseError, type StateChange } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import { Hub, type HubOptions } from '@posthouse/hub'

/** A hub whose time stands still, behind a port. Dispose closes it. */
async function startHub(options: HubOptions) {
  const clock = new ManualClock()
  const hub = new Hub({ ...options, clock })
  const { url } = await hub.listen({ port: 0 })
  return { hub, url, clock, [Symbol.asyncDispose]: () => hub.close() }
}

/** Resolves with the next change of a client to a state. */
function next(client: HubClient, wanted: StateChange['state']): Promise<StateChange> {
  const { promise, resolve } = Promise.withResolvers<StateChange>()
  client.watch('state', (change) => {
    if (change.state === wanted) resolve(change)
  })
  return promise
}

suite('a client at its limits', () => {
  test('learns which messages came too fast, that they may be sent again, and sends them again', async () => {
    await using server = await startHub({ rates: { messages: { perSecond: 10, burst: 10 } } })
    await using client = new HubClient({ url: server.url, clientId: 'alice' })
    await client.connect()
    const results = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => client.send('alice', `message ${n}`)))
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    assert.ok(refused.length > 0 && refused.length <= 5)
    for (const error of refused) {
      assert.ok(isPosthouseError(error) && error.code === 'rate_limited' && error.facts.retry)
    }
    server.clock.advance(5000)
    assert.equal((await client.send('alice', 'again')).state, 'stored')
    assert.equal(client.state, 'online')
  })

  test('that is turned away at the door waits and comes in later', async () => {
    await using server = await startHub({ rates: { connects: { perSecond: 0.1, burst: 1 } } })
    await using first = new HubClient({ url: server.url, clientId: 'first' })
    await first.connect()
    await using second = new HubClient({ url: server.url, clientId: 'second' })
    await assert.rejects(second.connect(), { code: 'unreachable' })
    const waiting = next(second, 'waiting')
    const connected = second.connect({ retry: true })
    assert.equal((await waiting).error?.code, 'unreachable')
    server.clock.advance(10_000)
    await connected
  })
})
