import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createCallClient, type InputOf, type ItemOf, type OutputOf, type ProcedureName } from '@posthouse/client/calls'
import type { ProcedureTypes } from '@posthouse/core'

interface User {
  readonly id: number
  readonly name: string
}

interface Tree {
  readonly user: {
    readonly get: ProcedureTypes<{ userId: number }, User>
    readonly admin: { readonly list: ProcedureTypes<undefined, readonly User[], User> }
  }
  readonly ping: ProcedureTypes<unknown, 'pong'>
}

/** What `createApi` makes carries its record so. */
interface Api {
  readonly '~api'?: Tree
  register(name: string): void
}

/** Compiles only where both are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never

const facts: readonly true[] = [
  true satisfies Same<ProcedureName<Api>, 'user.get' | 'user.admin.list' | 'ping'>,
  true satisfies Same<ProcedureName<Tree>, ProcedureName<Api>>,
  true satisfies Same<InputOf<Api, 'user.get'>, { userId: number }>,
  true satisfies Same<OutputOf<Api, 'user.get'>, User>,
  true satisfies Same<ItemOf<Api, 'user.admin.list'>, User>,
  true satisfies Same<ProcedureName<unknown>, string>,
  true satisfies Same<OutputOf<unknown, 'whatever'>, unknown>,
]

suite('the types of a client of calls', () => {
  test('are those of the procedures', () => assert.equal(facts.length, 7))

  test('refuse what no procedure takes, and know what it gives', async () => {
    await using client = createCallClient<Api>({ socketUrl: 'ws://127.0.0.1:1', logLevel: 'silent' })
    const refused = [
      // @ts-expect-error there is no such procedure
      client.call('user.nobody', {}),
      // @ts-expect-error the data has another form
      client.call('user.get', { userId: 'seven' }),
      // @ts-expect-error the data is missing
      client.call('user.get'),
      // @ts-expect-error the same as a function
      client.api.user.get({}),
      client.call('ping').then((pong: 'pong') => pong),
      client.api.user.admin.list().then((users) => users.map(({ name }) => name)),
      client.api.user.get({ userId: 7 }, { timeoutMs: 5 }).then(({ id }) => id),
    ]
    // Nobody is there to answer, which shows that each of them called.
    for (const each of await Promise.allSettled(refused)) assert.equal(each.status, 'rejected')
  })

  test('let anything be called where the API is not known', async () => {
    await using client = createCallClient({ socketUrl: 'ws://127.0.0.1:1', logLevel: 'silent' })
    await assert.rejects(client.call('any.thing', 1), { code: 'unreachable' })
    await assert.rejects(client.api.any?.thing?.(1) ?? Promise.resolve(), { code: 'unreachable' })
  })
})
