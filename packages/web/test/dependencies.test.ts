import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPosthouseError, silentLogger } from '@posthouse/core'
import { createApp, createRouter, depends, problem } from '@posthouse/web'
import { z } from 'zod'
import { rawClient } from './raw-http.ts'

const invalidOption = (error: unknown) => isPosthouseError(error) && error.code === 'invalid_option'

describe('a dependency', () => {
  it('of the scope app is made once, at the first need, and cleaned up when the app stops', async () => {
    const log: string[] = []
    const app = createApp({ env: 'test' })
    const database = depends({ scope: 'app' }, ({ defer }) => {
      log.push('opened')
      defer(() => log.push('closed'))
      return { find: (id: number) => `item ${id}` }
    })
    const found = depends({ dependencies: { database }, params: z.object({ id: z.number() }) }, ({ deps, params }) =>
      deps.database.find(params.id),
    )
    app.get('/items/{id}', { dependencies: { found } }, ({ deps }) => deps.found)
    assert.equal((await app.inject('/items/1')).text, '"item 1"')
    assert.equal((await app.inject('/items/2')).text, '"item 2"')
    assert.equal((await app.inject('/items/x')).status, 422)
    assert.deepEqual(log, ['opened'])
    await app.close()
    assert.deepEqual(log, ['opened', 'closed'])
  })

  it('cannot use what lives shorter than it does', () => {
    const perRequest = depends(() => 1)
    assert.throws(() => depends({ scope: 'app', dependencies: { perRequest } }, () => 1), invalidOption)
  })

  it('is cleaned up in reverse order, and is told with what error its request ended', async () => {
    const log: unknown[] = []
    const app = createApp({ env: 'test', logger: silentLogger })
    const outer = depends(({ defer }) => {
      defer((failure) => log.push(['outer', failure]))
      return 1
    })
    const inner = depends({ dependencies: { outer } }, ({ defer, deps }) => {
      defer((failure) => log.push(['inner', failure]))
      defer(() => {
        throw new Error('a cleanup may fail')
      })
      return deps.outer
    })
    const teapot = problem(418, 'I am a teapot')
    app.get('/', { dependencies: { inner } }, () => {
      throw teapot
    })
    assert.equal((await app.inject('/')).status, 418)
    await app.close()
    assert.deepEqual(log, [
      ['inner', teapot],
      ['outer', teapot],
    ])
  })

  it('is cleaned up when the client goes away, whose signal tells the handler so', async () => {
    const ended = Promise.withResolvers<unknown>()
    const waiting = Promise.withResolvers<void>()
    await using app = createApp({ env: 'test' })
    const session = depends(({ defer }) => {
      defer((failure) => ended.resolve(failure))
      return 1
    })
    app.get('/', { dependencies: { session } }, async ({ signal }) => {
      waiting.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return 'too late'
    })
    const { port } = await app.listen({ port: 0 })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await waiting.promise
    await client[Symbol.asyncDispose]()
    const failure = await ended.promise
    assert.ok(isPosthouseError(failure) && failure.code === 'aborted')
  })

  it('keeps its failure for the rest of the request', async () => {
    let made = 0
    await using app = createApp({ env: 'test' })
    const broken = depends(() => {
      made++
      throw problem(503, 'No database')
    })
    const needy = depends({ dependencies: { broken } }, () => 1)
    const router = createRouter({ dependencies: [depends({ dependencies: { needy } }, () => 1)] })
    router.get('/', { dependencies: { needy, broken } }, () => 1)
    app.include(router)
    assert.equal((await app.inject('/')).status, 503)
    assert.equal(made, 1)
  })

  it('has a stand-in for as long as a test wants', async () => {
    await using app = createApp({ env: 'test' })
    const user = depends(() => 'real')
    const greeting = depends({ dependencies: { user } }, ({ deps }) => `hello ${deps.user}`)
    app.get('/', { dependencies: { greeting } }, ({ deps }) => deps.greeting)
    {
      using _ = app.override(user, () => 'fake')
      assert.equal((await app.inject('/')).text, '"hello fake"')
    }
    assert.equal((await app.inject('/')).text, '"hello real"')
  })

  it('shows what it reads in the documents of whoever uses it', async () => {
    await using app = createApp({ env: 'test' })
    const page = depends({ query: z.object({ skip: z.number().default(0) }) }, ({ query }) => query.skip)
    app.get('/', { dependencies: { page } }, ({ deps }) => deps.page)
    assert.equal((await app.inject('/?skip=3')).text, '3')
    const { paths } = app.openapi() as { paths: Record<string, { get: { parameters: { name: string }[] } }> }
    assert.deepEqual(
      paths['/']?.get.parameters.map(({ name }) => name),
      ['skip'],
    )
  })
})
