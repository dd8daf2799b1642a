import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeOf, type Frame, message, RawPeer } from './raw-peer.ts'
import { type RunningHub, startHub, startTimelessHub } from './start-hub.ts'

let calls = 0

/** Calls a method of the hub and returns the body of its answer, or the code of its refusal. */
async function call(peer: RawPeer, method: string, body?: unknown): Promise<unknown> {
  const id = `call-${++calls}`
  peer.send({ op: 'request', id, to: 'hub', method, ...(body !== undefined && { body }) })
  const response = await peer.next((frame) => frame.op === 'response' && frame.id === id)
  return response.error === undefined ? response.body : codeOf(response)
}

/** Has so many messages for later refused: their recipient is not known. */
async function bury(
  server: RunningHub & { readonly clock: { now(): number; advance(ms: number): void } },
  alice: RawPeer,
  count: number,
): Promise<void> {
  const deliverAt = server.clock.now() + 100
  const messages = Array.from({ length: count }, (_, index) => message('bob', index + 1, { deliverAt }))
  alice.send(...messages)
  await alice.next((frame) => frame.op === 'sent' && frame.n === count)
  server.clock.advance(100)
  for (let index = 0; index < count; index++) await server.log.line('a message for later was refused')
  await server.hub.deadLetters.purge({ seqs: [] })
}

describe('dead letters', () => {
  test('are listed by pages, shown, redriven and purged', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await bury(server, alice, 3)
    const { entries } = (await call(alice, 'hub.deadLetters.list', { limit: 2 })) as { readonly entries: Frame[] }
    assert.deepEqual(
      entries.map(({ id, reason, attempt, from, to, type }) => [id, reason, attempt, from, to, type]),
      ['m1', 'm2'].map((id) => [id, 'unknown_recipient', 1, 'alice', 'bob', 'text']),
    )
    const rest = (await call(alice, 'hub.deadLetters.list', { after: entries[1]?.seq })) as typeof entries & {
      entries: Frame[]
    }
    assert.deepEqual(
      rest.entries.map(({ id }) => id),
      ['m3'],
    )
    const { entry } = (await call(alice, 'hub.deadLetters.show', { seq: entries[0]?.seq })) as { readonly entry: Frame }
    assert.equal(entry.body, 'text 1')
    assert.deepEqual(await call(alice, 'hub.deadLetters.show', { seq: 1_000_000 }), { entry: null })

    const [first, second] = entries
    assert.deepEqual(await call(alice, 'hub.deadLetters.redrive', { seqs: [first?.seq] }), { redriven: 0 })
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(await call(alice, 'hub.deadLetters.redrive', { seqs: [first?.seq, 1_000_000] }), { redriven: 1 })
    assert.equal((await bob.next('deliver')).id, 'm1')
    assert.deepEqual(await call(alice, 'hub.deadLetters.purge', { seqs: [second?.seq, 1_000_000] }), { purged: 1 })
    assert.deepEqual(await call(alice, 'hub.deadLetters.purge'), { purged: 1 })
    assert.deepEqual(await call(alice, 'hub.deadLetters.list'), { entries: [] })
  })

  test('of one client are purged by themselves', async () => {
    await using server = await startTimelessHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await bury(server, alice, 2)
    assert.equal(await server.hub.deadLetters.purge({ client: 'bob' }), 0)
    assert.equal((await server.hub.deadLetters.list({ client: 'bob' })).length, 0)
    assert.equal(await server.hub.deadLetters.purge(), 2)
  })

  test('are not for those who may not administer the hub, and not for wrong questions', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    for (const [method, body] of [
      ['hub.deadLetters.list', { limit: 0 }],
      ['hub.deadLetters.list', { client: 1 }],
      ['hub.deadLetters.list', 'all'],
      ['hub.deadLetters.show', {}],
      ['hub.deadLetters.redrive', { seqs: ['a'] }],
      ['hub.deadLetters.redrive', {}],
      ['hub.deadLetters.purge', { seqs: 7 }],
      ['hub.inbox', {}],
      ['hub.inbox', { client: 'alice', bodies: 1 }],
    ] as const) {
      assert.equal(await call(alice, method, body), 'invalid_body', JSON.stringify([method, body]))
    }
    await using guarded = await startHub({
      authenticate: () => ({
        name: 'p',
        clients: ['*'],
        permissions: [{ operations: ['send', 'request'], addresses: ['*'] }],
      }),
    })
    await using eve = await RawPeer.login(guarded.url, 'eve')
    for (const method of ['list', 'show', 'redrive', 'purge']) {
      assert.equal(await call(eve, `hub.deadLetters.${method}`), 'forbidden')
    }
    assert.equal(await call(eve, 'hub.inbox', { client: 'eve' }), 'forbidden')
  })
})

describe('the inbox of a client', () => {
  test('is shown in pages, with contents where they are wanted', async () => {
    await using server = await startHub({ limits: { windowMessages: 1 } })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    alice.send(
      message('bob', 1),
      message('bob', 2, { ttlMs: 60_000 }),
      message('bob', 3, { type: 'dict', body: { a: 1 } }),
    )
    await alice.next((frame) => frame.op === 'sent' && frame.n === 3)
    await bob.next('deliver')
    const all = (await call(alice, 'hub.inbox', { client: 'bob' })) as Frame & { readonly entries: Frame[] }
    assert.equal(all.messages, 3)
    assert.equal(all.oldest, all.entries[0]?.ts)
    assert.deepEqual(
      all.entries.map(({ id, body, attempt, expiresAt }) => [id, body, attempt, typeof expiresAt]),
      [
        ['m1', undefined, 1, 'undefined'],
        ['m2', undefined, 1, 'number'],
        ['m3', undefined, 1, 'undefined'],
      ],
    )
    const page = await server.hub.inbox({ client: 'bob', after: Number(all.entries[1]?.seq), bodies: true })
    assert.deepEqual(
      page.entries.map(({ id, body }) => [id, body]),
      [['m3', { a: 1 }]],
    )
    assert.equal(await call(alice, 'hub.inbox', { client: 'nobody' }), 'unknown_recipient')
    await assert.rejects(server.hub.inbox({ client: 'bob', limit: 1000 }), { code: 'invalid_option' })
    await assert.rejects(server.hub.deadLetters.list({ after: 1.5 }), { code: 'invalid_option' })
  })
})
