import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, Server } from 'node:net'
import { describe, it } from 'node:test'
import { isPosthouseError, type Logger, silentLogger } from '@posthouse/core'
import { createApp, currentRequestId, type DependencyContext, depends } from '@posthouse/web'
import { rawClient } from './raw-http.ts'

describe('the life of an app', () => {
  it('begins and ends with its lifespan, whose value handlers share', async () => {
    const log: string[] = []
    const lifespan = depends({ scope: 'app' }, ({ defer }) => {
      log.push('start')
      defer(() => log.push('stop'))
      return { visits: 0 }
    })
    const app = createApp({ env: 'test', lifespan })
    app.get('/', { dependencies: { state: lifespan } }, ({ deps }) => ++deps.state.visits)
    await app.ready()
    assert.deepEqual(log, ['start'])
    await app.inject('/')
    assert.equal((await app.inject('/')).text, '2')
    await app.drain()
    await app.close()
    assert.deepEqual(log, ['start', 'stop'])
  })

  it('does not begin where the lifespan fails', async () => {
    const lifespan = depends({ scope: 'app' }, () => {
      throw new Error('no database')
    })
    await using app = createApp({ env: 'test', lifespan })
    await assert.rejects(app.listen({ port: 0 }), /no database/)
  })

  it('goes on where a connection cannot be accepted, and logs why', async (t) => {
    const listen = t.mock.method(Server.prototype, 'listen')
    const failures: unknown[] = []
    const logger: Logger = { ...silentLogger, error: (message, fields) => failures.push([message, fields?.error]) }
    await using app = createApp({ env: 'test', logger })
    app.get('/', () => 'here')
    const { port } = await app.listen({ port: 0 })
    const server: unknown = listen.mock.calls[0]?.this
    assert.ok(server instanceof Server)
    for (const each of [1, 2]) server.emit('error', new Error(`accept EMFILE ${each}`))
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).json(), 'here')
    assert.deepEqual(failures, [
      ['A connection could not be accepted', 'accept EMFILE 1'],
      ['A connection could not be accepted', 'accept EMFILE 2'],
    ])
  })

  it('drains: what is under way is answered, what is new is not taken', async () => {
    const app = createApp({ env: 'test' })
    const reached = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    app.get('/slow', async () => {
      reached.resolve()
      await go.promise
      return 'done'
    })
    const { port } = await app.listen({ port: 0 })
    const answer = fetch(`http://127.0.0.1:${port}/slow`)
    await reached.promise
    const drained = app.drain()
    await assert.rejects(rawClient(port), /ECONNREFUSED/)
    go.resolve()
    const response = await answer
    assert.equal(await response.text(), '"done"')
    assert.equal(response.headers.get('connection'), 'close')
    await drained
  })

  it('drains for drainTimeout at most', async () => {
    const app = createApp({ env: 'test', drainTimeout: 50 })
    const reached = Promise.withResolvers<void>()
    app.get('/', async () => {
      reached.resolve()
      await new Promise<never>(() => undefined)
    })
    const { port } = await app.listen({ port: 0 })
    const client = await rawClient(port)
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await reached.promise
    await Promise.all([app.drain(), client.end()])
  })

  for (const stop of ['drain', 'close'] as const) {
    for (const [what, make] of Object.entries({
      'is never there': () => new Promise<never>(() => undefined),
      'is never cleaned up': ({ defer }: DependencyContext) => defer(() => new Promise(() => undefined)),
    })) {
      it(`ends by ${stop} also where a dependency ${what}, and says so`, async () => {
        const warnings: string[] = []
        const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) }
        const app = createApp({ env: 'test', drainTimeout: 100, logger })
        const stuck = depends<unknown>(make)
        const reached = Promise.withResolvers<void>()
        const before = depends(() => reached.resolve())
        app.get('/', { dependencies: { before, stuck } }, () => null)
        const { port } = await app.listen({ port: 0 })
        const asked = fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
        await reached.promise
        await app[stop]()
        await asked
        assert.deepEqual(warnings, ['The app has stopped, but not every dependency was cleaned up in time'])
      })
    }
  }

  it('waits for what runs in the background, of which only so much may wait', async () => {
    const log: string[] = []
    const errors: string[] = []
    const logger: Logger = { ...silentLogger, error: (message) => errors.push(message) }
    const app = createApp({ env: 'test', logger, background: { concurrency: 1, waiting: 2 } })
    app.get('/', ({ background }) => {
      for (const name of ['a', 'b', 'c']) {
        background(async () => {
          await new Promise(setImmediate)
          if (name === 'a') throw new Error('a task may fail')
          log.push(name)
        })
      }
    })
    assert.equal((await app.inject('/')).status, 503)
    assert.deepEqual(log, [])
    await app.drain()
    assert.deepEqual(log, ['b'])
    assert.deepEqual(errors, ['A request failed', 'A background task failed'])
  })

  it('gives a handler so much time, and tells it when that is over', async () => {
    await using app = createApp({ env: 'test', logger: silentLogger, limits: { handlerTimeout: 20 } })
    const told = Promise.withResolvers<unknown>()
    app.get('/', async ({ signal }) => {
      signal.addEventListener('abort', () => told.resolve(signal.reason))
      await new Promise<never>(() => undefined)
    })
    app.get('/patient', { handlerTimeout: 0 }, async () => 1)
    const { status, json } = await app.inject('/')
    assert.equal(status, 503)
    assert.equal(json<{ code: string }>().code, 'timeout')
    assert.match(String(await told.promise), /did not finish within 20 ms/)
    assert.equal((await app.inject('/patient')).status, 200)
  })

  it('tells a handler that its client has gone, also one that asks late', async () => {
    await using app = createApp({ env: 'test' })
    const came = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const signals = Promise.withResolvers<AbortSignal>()
    app.get('/', async (context) => {
      came.resolve()
      await gone.promise
      signals.resolve(context.signal)
    })
    await app.ready()
    await using server = createServer((request, response) => {
      response.once('close', () => gone.resolve())
      app.handleRequest(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = httpRequest({ port, path: '/' }).on('error', () => undefined)
    client.end()
    await came.promise
    client.destroy()
    const { aborted, reason } = await signals.promise
    assert.ok(aborted && isPosthouseError(reason) && reason.code === 'aborted')
  })

  it('says that a port is in use', async () => {
    await using first = createApp({ env: 'test' })
    await using second = createApp({ env: 'test' })
    const { port } = await first.listen({ port: 0 })
    await assert.rejects(second.listen({ port }), (error) => isPosthouseError(error) && error.code === 'port_in_use')
  })

  it('may be served by a server that is somebody else s', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () => 'hello')
    await app.ready()
    const server = createServer((request, response) => app.handleRequest(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), '"hello"')
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('the id of a request', () => {
  it('is in the response and known to everything below the handler', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', async () => {
      await new Promise(setImmediate)
      return currentRequestId()
    })
    const own = await app.inject({ url: '/', headers: { 'x-request-id': 'order-7' } })
    assert.equal(own.text, '"order-7"')
    assert.equal(own.headers['x-request-id'], 'order-7')
    const made = await app.inject('/')
    assert.match(made.text, /^"[\da-f-]{36}"$/)
    assert.equal(JSON.parse(made.text), made.headers['x-request-id'])
    assert.equal(currentRequestId(), undefined)
  })

  it('is a new one where that of the client could do harm', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () => currentRequestId())
    for (const id of ['x'.repeat(129), 'a b', '<script>', ''])
      assert.match((await app.inject({ url: '/', headers: { 'x-request-id': id } })).text, /^"[\da-f-]{36}"$/)
  })
})

describe('the log', () => {
  it('knows the request in each line that a handler writes', async () => {
    const lines: unknown[] = []
    const logger: Logger = { ...silentLogger, warn: (message, fields) => lines.push([message, fields]) }
    await using app = createApp({ env: 'test', logger })
    app.get('/', ({ log }) => log.warn('late', { ms: 7 }))
    await app.inject({ url: '/', headers: { 'x-request-id': 'r1' } })
    assert.deepEqual(lines, [['late', { requestId: 'r1', ms: 7 }]])
  })

  it('has a line for each response where it is wanted, without the query', async () => {
    const lines: unknown[] = []
    const logger: Logger = { ...silentLogger, info: (message, fields) => lines.push([message, fields?.requestId]) }
    await using app = createApp({ env: 'test', logger, accessLog: true })
    app.get('/', () => 1)
    await app.inject({ url: '/?token=hunter2', headers: { 'x-request-id': 'r1' } })
    assert.deepEqual(lines, [['GET / 200', 'r1']])
  })
})

describe('methods', () => {
  it('are all those that Node reads', async () => {
    await using app = createApp({ env: 'test' })
    for (const name of ['get', 'post', 'put', 'patch', 'delete', 'options', 'trace'] as const) {
      app[name](`/${name}`, ({ request }) => request.method)
    }
    app.head('/get', ({ reply }) => void reply.header('x-own', 'yes'))
    app.method('propfind', '/dav', ({ request }) => request.method)
    app.method('QUERY', '/dav', { body: {} }, ({ body }) => body)
    for (const name of ['get', 'post', 'put', 'patch', 'delete', 'options', 'trace'])
      assert.equal((await app.inject({ method: name, url: `/${name}` })).text, JSON.stringify(name.toUpperCase()))
    assert.equal((await app.inject({ method: 'HEAD', url: '/get' })).headers['x-own'], 'yes')
    const { port } = await app.listen({ port: 0 })
    const ask = (method: string, body?: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = body === undefined ? {} : { 'content-type': 'application/json' }
        const sent = httpRequest({ port, method, path: '/dav', headers }, (response) => {
          response.setEncoding('utf8').once('data', resolve)
        })
        sent.on('error', reject).end(body)
      })
    assert.equal(await ask('PROPFIND'), '"PROPFIND"')
    assert.equal(await ask('QUERY', '{"a":1}'), '{"a":1}')
  })

  it('that a path does not have are answered with 405 and those that it has', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/items/{id}', () => 1)
    app.delete('/items/{name}', () => 2)
    app.put('/items/first', () => 3)
    app.post('/files/{rest:path}', () => 4)
    const allow = async (method: string, url: string) => {
      const { status, headers } = await app.inject({ method, url })
      return [status, headers.allow]
    }
    assert.deepEqual(await allow('TRACE', '/items/first?id=1'), [405, 'DELETE, GET, HEAD, PUT'])
    assert.deepEqual(await allow('PUT', '/items/second'), [405, 'DELETE, GET, HEAD'])
    assert.deepEqual(await allow('GET', '/files/a/b'), [405, 'POST'])
    assert.deepEqual(await allow('OPTIONS', '/openapi.json'), [405, 'GET, HEAD'])
    assert.deepEqual(await allow('HEAD', '/items/7'), [200, undefined])
    assert.deepEqual(await allow('PROPFIND', '/items'), [404, undefined])
  })

  it('that do not exist cannot be declared, and neither can options', () => {
    const app = createApp({ env: 'test' })
    const invalid = (error: unknown) => isPosthouseError(error) && error.code === 'invalid_option'
    assert.throws(() => app.method('FETCH', '/', () => 1), invalid)
    assert.throws(() => app.get('/', { boddy: {} } as object, () => 1), invalid)
  })

  it('are declared once for a path', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/{id}', () => 1)
    app.get('/:name', () => 2)
    await assert.rejects(app.ready(), (error) => isPosthouseError(error) && error.code === 'invalid_option')
  })
})
