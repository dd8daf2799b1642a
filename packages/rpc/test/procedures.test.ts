import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { type CallContext, createApi, procedure } from '@posthouse/rpc'
import { z } from 'zod'
import { serve } from './serve.ts'

const user = z.object({ userId: z.number().int() })

describe('a procedure', () => {
  it('is called by the names on the way to it, with what its schema makes of the input', async () => {
    const api = createApi({
      user: { get: procedure({ input: z.object({ id: z.coerce.number() }) }, ({ id }) => id + 1) },
    })
    await using server = await serve(api)
    const { status, json } = await server.call({ api: 'user.get', data: { id: '7' }, request_id: 'r1' })
    assert.equal(status, 200)
    assert.deepEqual(json, { request_id: 'r1', api: 'user.get', success: true, data: 8, message: '处理成功' })
  })

  it('takes a plain JSON Schema', async () => {
    const input = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    await using server = await serve(createApi({ twice: procedure({ input }, (data) => data) }))
    const { status, json } = await server.call({ api: 'twice', data: { n: 'x' } })
    assert.equal(status, 422)
    assert.deepEqual(json.details, [{ path: '/n', message: 'must be integer' }])
    const closed = procedure({ input: { ...input, additionalProperties: false } }, (data) => data)
    await using strict = await serve(createApi({ closed }))
    const refused = await strict.call({ api: 'closed', data: { 'a/b': 1 } })
    assert.deepEqual(
      (refused.json.details as { readonly path: string }[]).map(({ path }) => path),
      ['/n', '/a~1b'],
    )
    const broken = procedure({ input: { type: 'nothing' } }, () => 1)
    assert.throws(() => createApi({ broken }), { code: 'invalid_option' })
  })

  it('refuses what does not fit, with the code and the places', async () => {
    await using server = await serve(createApi({ get: procedure({ input: user }, () => assert.fail('was called')) }))
    const { status, json } = await server.call({ api: 'get', data: { userId: 'seven' } })
    assert.equal(status, 422)
    assert.equal(json.code, 'invalid_body')
    assert.equal(json.success, false)
    assert.partialDeepStrictEqual(json.details, [{ path: '/userId' }])
  })

  it('fails where it answers what it does not promise, or what is no JSON', async () => {
    const api = createApi({}).registerBatch({
      liar: procedure({ output: z.number() }, () => 'seven'),
      circle: () => {
        const value: { self?: unknown } = {}
        value.self = value
        return value
      },
    })
    await using server = await serve(api)
    for (const name of ['liar', 'circle']) {
      const { status, json } = await server.call({ api: name, data: {} })
      assert.equal(status, 500)
      assert.equal(json.code, 'handler_failed', name)
    }
  })

  it('can be added, replaced and taken away while the server runs', async () => {
    const api = createApi({})
    const changes: string[] = []
    using _ = api.onChange((name) => changes.push(name))
    await using server = await serve(api)
    const say = async () => (await server.call({ api: 'say', data: null })).json
    assert.equal((await say()).code, 'no_handler')
    api.register('say', () => 'one').registerBatch({ say: () => 'two', other: () => 3 })
    assert.equal((await say()).data, 'two')
    assert.equal(api.unregister('say'), true)
    assert.equal((await say()).error, '未知的API: say')
    assert.deepEqual(changes, ['say', 'say', 'other', 'say'])
    assert.deepEqual(
      api.procedures().map(({ name }) => name),
      ['other'],
    )
  })

  it('knows who calls, how long, under which id, and is wrapped by interceptors', async () => {
    const seen: string[] = []
    const known: CallContext[] = []
    const api = createApi(
      { me: procedure({ timeoutMs: 5000 }, (_, context) => void known.push(context)) },
      {
        identify: ({ token }) => ({ name: token, may: () => true }),
        interceptors: [
          async (invocation, next) => {
            seen.push(`before ${invocation.procedure}`)
            await next(invocation)
            return 'changed'
          },
        ],
      },
    )
    await using server = await serve(api)
    const before = Date.now()
    const { json } = await server.call({ api: 'me', request_id: 'r9' }, { authorization: 'Bearer ana' })
    assert.equal(json.data, 'changed')
    assert.deepEqual(seen, ['before me'])
    const [context] = known
    assert.equal(context?.caller.name, 'ana')
    assert.equal(context?.requestId, 'r9')
    assert.ok((context?.deadline ?? 0) - before >= 5000 && (context?.deadline ?? 0) - before < 6000)
    assert.equal(context?.signal.aborted, false)
  })

  it('gives its errors codes: its own where they are ours, handler_failed otherwise, without a message where that is wanted', async () => {
    const fail = {
      ours: () => Promise.reject(new PosthouseError('offline', 'gone')),
      theirs: () => Promise.reject(new Error('a secret')),
    }
    await using open = await serve(createApi({}).registerBatch(fail))
    assert.partialDeepStrictEqual((await open.call({ api: 'ours' })).json, {
      code: 'offline',
      retry: true,
      error: 'gone',
    })
    assert.partialDeepStrictEqual((await open.call({ api: 'theirs' })).json, {
      code: 'handler_failed',
      error: 'a secret',
    })
    await using closed = await serve(createApi({}, { hideErrors: true }).registerBatch(fail))
    assert.ok(!(await closed.call({ api: 'theirs' })).text.includes('secret'))
    assert.equal((await closed.call({ api: 'ours' })).json.error, 'gone')
  })

  it('is answered and over whatever its handler throws', async () => {
    const trap = new Proxy(new Error('m'), {
      has: () => assert.fail('asked'),
      getPrototypeOf: () => assert.fail('looked'),
    })
    for (const thrown of [Object.create(null), trap]) {
      const now = (): never => {
        throw thrown
      }
      const api = createApi({}).registerBatch({ now, later: () => Promise.reject(thrown) })
      await using server = await serve(api)
      for (const name of ['now', 'later']) {
        const { status, json } = await server.call({ api: name, request_id: name })
        assert.deepEqual([status, json.code], [500, 'handler_failed'])
      }
      assert.equal(api.stats().running, 0)
    }
  })

  it('refuses options that do not exist or make no sense', () => {
    for (const options of [
      { timeout: 1 },
      { timeoutMs: 0 },
      { concurrency: 0.5 },
      { queue: -1 },
      { rate: { perSecond: 0 } },
    ]) {
      assert.throws(() => procedure(options, () => 1), { code: 'invalid_option' })
    }
    assert.throws(() => createApi({}).register('', () => 1), { code: 'invalid_option' })
    assert.throws(() => createApi({ a: 5 } as never), { code: 'invalid_option' })
    const callbacks = { keys: ['key'], delaysMs: [] }
    for (const options of [{ identity: 1 }, { store: {} }, { logger: console.log }, { callbacks: {} }, { callbacks }]) {
      assert.throws(() => createApi({}, options as never), { code: 'invalid_option' })
    }
    assert.throws(() => createApi({}).socketDoor({ pingIntervalMs: Infinity }), { code: 'invalid_option' })
  })

  it('reaches a door that brings each call once by itself as a plain handler', async () => {
    const api = createApi({
      add: procedure({ input: z.object({ a: z.number() }) }, ({ a }) => a + 1),
      count: procedure({}, async function* () {
        yield 1
        yield 2
      }),
    })
    const caller = { id: 'name:x', may: (permission: string) => permission !== 'secret' }
    const { signal } = new AbortController()
    assert.equal(await api.handler({ procedure: 'add', input: { a: 1 }, caller, signal }), 2)
    const items = await api.handler({ procedure: 'count', input: null, caller, signal })
    const found: number[] = []
    for await (const item of items as AsyncIterable<number>) found.push(item)
    assert.deepEqual(found, [1, 2])
    api.register('secret', () => 1)
    await assert.rejects(api.handler({ procedure: 'secret', input: null, caller, signal }), { code: 'forbidden' })
    await assert.rejects(api.handler({ procedure: 'add', input: {}, caller, signal }), { code: 'invalid_body' })
    api.register(
      'wait',
      procedure({ timeoutMs: 20 }, (_, context) => once(context.signal, 'abort')),
    )
    await assert.rejects(api.handler({ procedure: 'wait', input: null, caller, signal }), { code: 'timeout' })
  })
})

describe('the types of procedures', () => {
  it('are known to whoever calls them', () => {
    const api = createApi({
      user: { get: procedure({ input: user, output: z.object({ name: z.string() }) }, () => ({ name: 'ana' })) },
      count: procedure({}, async function* () {
        yield 1
        return 'done'
      }),
    })
    type Shape = NonNullable<NonNullable<(typeof api)['~api']>['user']['get']['~procedure']>
    const input: Shape['input'] = { userId: 7 }
    const output: Shape['output'] = { name: 'ana' }
    type Count = NonNullable<NonNullable<(typeof api)['~api']>['count']['~procedure']>
    const item: Count['item'] = 1
    const value: Count['output'] = 'done'
    const none: Shape['item'][] = []
    assert.deepEqual([input, output, item, value, none], [{ userId: 7 }, { name: 'ana' }, 1, 'done', []])
  })
})
