import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HubClient } from '@posthouse/client'
import { createCallClient } from '@posthouse/client/calls'
import { PosthouseError } from '@posthouse/core'
import { createSigningKey } from '@posthouse/core/callbacks'
import { Hub, type Principal } from '@posthouse/hub'
import { type ProcedureTree, procedure } from '@posthouse/rpc'
import { createNode } from 'posthouse'
import { io } from 'socket.io-client'
import { z } from 'zod'
import { callsDoor } from '../src/node/calls-door.ts'

const procedures = () => ({
  user: {
    get: procedure(
      { input: z.object({ userId: z.number() }), output: z.object({ id: z.number() }), description: 'Finds a user' },
      ({ userId }) => ({ id: userId }),
    ),
  },
  count: procedure({}, async function* () {
    yield 1
    yield 2
  }),
  secret: procedure({ permission: 'administer' }, () => 'secret'),
})

/** What a node answers, as JSON. */
async function ask(url: string, init?: RequestInit) {
  const response = await fetch(url, init)
  return JSON.parse(await response.text())
}

async function startNode(tree: ProcedureTree = procedures(), hub: Hub = new Hub()) {
  const door = callsDoor({ hub, procedures: tree })
  const node = createNode({ hub, doors: [door], docs: true })
  const { url } = await node.listen({ port: 0 })
  const http = url.replace('ws', 'http')
  return { api: door.api, http, url, [Symbol.asyncDispose]: () => node.close() }
}

describe('a node with procedures', () => {
  it('has no administration of calls where it has none at all, and lets pages in that are named', async () => {
    const hub = new Hub()
    const allowedOrigins = ['https://app.example']
    const door = callsDoor({ hub, procedures: procedures(), allowedOrigins })
    await using node = createNode({ hub, doors: [door], administration: false, allowedOrigins })
    const { url } = await node.listen({ port: 0 })
    const http = url.replace('ws', 'http')
    assert.equal((await fetch(`${http}/api/v1/calls`)).status, 404)
    assert.equal((await fetch(`${http}/api/procedures`)).status, 200)
    const polled = (origin: string) => fetch(`${http}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })
    assert.equal((await polled('https://app.example')).status, 200)
    assert.equal((await polled('https://evil.example')).status, 403)
    // A page falls back to HTTP, and asks for that before.
    const called = async (origin: string, method: string, headers: Readonly<Record<string, string>>) => {
      const body = method === 'POST' ? { body: '{"api":"user.get","data":{"userId":1}}' } : {}
      const answer = await fetch(`${http}/api/call`, { method, headers: { origin, ...headers }, ...body })
      const names = ['access-control-allow-origin', 'access-control-allow-headers', 'access-control-expose-headers']
      return [answer.status, ...names.map((name) => answer.headers.get(name))]
    }
    const wanted = 'content-type,posthouse-caller,prefer,authorization'
    const asking = { 'access-control-request-method': 'POST', 'access-control-request-headers': wanted }
    const granted = await called('https://app.example', 'OPTIONS', asking)
    assert.deepEqual(granted.slice(0, 3), [204, 'https://app.example', wanted])
    const posted = await called('https://app.example', 'POST', { 'content-type': 'application/json' })
    assert.deepEqual(posted.slice(0, 2), [200, 'https://app.example'])
    assert.match(String(posted[3]), /posthouse-calls/)
    assert.equal((await called('https://evil.example', 'OPTIONS', asking))[1], null)
  })

  it('tells callers who still wait when it closes what it knows, before their connections go', async () => {
    const begun = Promise.withResolvers<void>()
    const stuck = procedure({}, (_, { signal }) => {
      begun.resolve()
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    const node = await startNode({ stuck })
    const body = JSON.stringify({ api: 'stuck' })
    const headers = { 'content-type': 'application/json', prefer: 'wait=60' }
    const asked = ask(`${node.http}/api/call`, { method: 'POST', headers, body })
    await begun.promise
    await node[Symbol.asyncDispose]()
    assert.equal((await asked).code, 'unknown_outcome')
  })

  it('answers the same one over Socket.IO, HTTP and the hub', async () => {
    await using node = await startNode()
    const socket = io(node.http, { forceNew: true })
    const answer = await socket.emitWithAck('api', { api: 'user.get', data: { userId: 7 }, request_id: 'r1' })
    assert.deepEqual(answer.data, { id: 7 })
    socket.disconnect()

    const body = JSON.stringify({ api: 'user.get', data: { userId: 8 } })
    const headers = { 'content-type': 'application/json' }
    assert.deepEqual((await ask(`${node.http}/api/call`, { method: 'POST', headers, body })).data, { id: 8 })

    const client = new HubClient({ url: node.url, clientId: 'ana' })
    await client.connect()
    assert.deepEqual(await client.request('hub', 'user.get', { userId: 9 }), { id: 9 })
    const items: unknown[] = []
    for await (const item of client.stream('hub', 'count')) items.push(item)
    assert.deepEqual(items, [1, 2])
    await assert.rejects(client.request('hub', 'user.get', { userId: 'x' }), { code: 'invalid_body' })
    node.api.register('late', () => 'came later')
    assert.equal(await client.request('hub', 'late'), 'came later')
    node.api.unregister('late')
    await assert.rejects(client.request('hub', 'late'), { code: 'no_handler' })
    await client.close()
  })

  it('documents each procedure with its schema', async () => {
    await using node = await startNode()
    const document = await ask(`${node.http}/openapi.json`)
    const own = document.paths['/api/call/user.get'].post
    assert.equal(own.description, 'Finds a user')
    const { schema } = own.requestBody.content['application/json']
    assert.equal(schema.properties.userId.type, 'number')
    assert.ok(document.paths['/api/call'] && document.paths['/api/calls/{id}'])
    const listed = await ask(`${node.http}/api/procedures`)
    assert.deepEqual(
      listed.map(({ name }: { name: string }) => name),
      ['count', 'secret', 'user.get'],
    )
    assert.equal(listed[2].input.properties.userId.type, 'number')
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
    const call = { method: 'POST', headers, body: '{"userId":3}' }
    const answer = await ask(`${node.http}/api/call/user.get`, call)
    assert.partialDeepStrictEqual(answer, { request_id: 'k1', data: { id: 3 } })
  })

  it('sends items as lines while they come', async () => {
    await using node = await startNode()
    const headers = { 'content-type': 'application/json', accept: 'application/x-ndjson' }
    const body = JSON.stringify({ api: 'count', stream: true, request_id: 'r1' })
    const response = await fetch(`${node.http}/api/call`, { method: 'POST', headers, body })
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(lines.slice(0, 2), [
      { n: 0, item: 1 },
      { n: 1, item: 2 },
    ])
    assert.partialDeepStrictEqual(lines[2], { success: true, items: 2 })
  })

  it('answers a body that it does not read as a call that has failed', async () => {
    await using node = await startNode()
    const headers = { 'content-type': 'application/json', 'posthouse-caller': 'x'.repeat(32) }
    const post = async (body: string, type = 'application/json') => {
      const answer = await fetch(`${node.http}/api/call`, {
        method: 'POST',
        headers: { ...headers, 'content-type': type },
        body,
      })
      const { error, ...rest } = (await answer.json()) as Record<string, unknown>
      assert.equal(typeof error, 'string')
      assert.match(answer.headers.get('posthouse-calls') ?? '', /^[0-9a-f]{32}$/)
      return [answer.status, rest]
    }
    const failed = { request_id: '', api: '', success: false, retry: false }
    const large = JSON.stringify({ api: 'user.get', data: 'x'.repeat(1_000_000) })
    assert.deepEqual(await post(large), [413, { ...failed, code: 'body_too_large' }])
    assert.deepEqual(await post('{"api":'), [400, { ...failed, code: 'invalid_json' }])
    assert.deepEqual(await post('api=user.get', 'text/plain'), [415, { ...failed, code: 'invalid_body' }])
  })

  it('asks callers for a token where the hub does', async () => {
    const hub = new Hub({
      authenticate: ({ token }) => {
        if (token === 'admin')
          return { name: 'admin', permissions: [{ operations: ['request', 'administer'], addresses: ['*'] }] }
        if (token === 'user') return { name: 'user', permissions: [{ operations: ['request'], addresses: ['hub'] }] }
        if (token === 'narrow')
          return {
            name: 'narrow',
            permissions: [{ operations: ['request'], addresses: ['hub'], methods: ['user.*', 'paid'] }],
          }
        return { name: 'nobody', permissions: [] }
      },
    })
    await using node = await startNode(procedures(), hub)
    const call = async (token: string | undefined, api: string) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
      const body = JSON.stringify({ api, data: { userId: 1 } })
      return (await fetch(`${node.http}/api/call`, { method: 'POST', headers, body })).status
    }
    assert.equal(await call(undefined, 'user.get'), 401)
    assert.equal(await call('nobody', 'user.get'), 403)
    assert.equal(await call('user', 'user.get'), 200)
    assert.equal(await call('user', 'secret'), 403)
    assert.equal(await call('admin', 'secret'), 200)
    node.api.register(
      'buy',
      procedure({ permission: 'paid' }, () => 'bought'),
    )
    const narrow = ['user.get', 'buy', 'count', 'secret', 'paid']
    const statuses = await Promise.all(narrow.map((name) => call('narrow', name)))
    assert.deepEqual(statuses, [200, 200, 403, 403, 404])
    await using client = new HubClient({ url: node.url, clientId: 'narrow', token: 'narrow' })
    await client.connect()
    const request = (name: string) => client.request('hub', name, { userId: 1 }).catch(({ code }) => code)
    assert.deepEqual(await Promise.all(narrow.map(request)), [
      { id: 1 },
      'bought',
      'forbidden',
      'forbidden',
      'no_handler',
    ])
    await using chief = new HubClient({ url: node.url, clientId: 'admin', token: 'admin' })
    await chief.connect()
    assert.equal(await chief.request('hub', 'secret'), 'secret')
    const listed = async (token: string) => {
      const all = await ask(`${node.http}/api/procedures`, { headers: { authorization: `Bearer ${token}` } })
      return all.map(({ name }: { name: string }) => name)
    }
    assert.deepEqual(await listed('user'), ['buy', 'count', 'user.get'])
    assert.deepEqual(await listed('admin'), ['buy', 'count', 'secret', 'user.get'])
    assert.deepEqual(await listed('narrow'), ['buy', 'user.get'])
    assert.equal((await fetch(`${node.http}/api/procedures`)).status, 401)
    const refused = io(node.http, { forceNew: true, reconnection: false })
    const error = await new Promise<Error & { data?: { code: string } }>((resolve) =>
      refused.once('connect_error', resolve),
    )
    assert.equal(error.data?.code, 'unauthenticated')
    const welcome = io(node.http, { forceNew: true, reconnection: false, auth: { token: 'user' } })
    assert.equal((await welcome.emitWithAck('api', { api: 'user.get', data: { userId: 1 } })).success, true)
    welcome.disconnect()
  })

  it('tells handlers who calls and what that caller may do, alike by each door, and as it is now', async () => {
    const listeners = new Set<() => void>()
    const permitting = (...methods: string[]): Principal => ({
      name: 'shop',
      clients: ['till-*'],
      permissions: [{ operations: ['request'], addresses: ['hub'], methods }],
    })
    let principal = permitting('who')
    const hub = new Hub({
      authenticate: {
        authenticate: () => principal,
        current: () => principal,
        onChange: (listener) => {
          listeners.add(listener)
          return { [Symbol.dispose]: () => listeners.delete(listener) }
        },
      },
    })
    const who = procedure({}, (_, { caller }) => [
      caller.name,
      ...['who', 'refund', 'administer'].map(caller.may, caller),
    ])
    await using node = await startNode({ who }, hub)
    await using till = new HubClient({ url: node.url, clientId: 'till-1', token: 'x' })
    await till.connect()
    const socket = io(node.http, { forceNew: true, auth: { token: 'x' } })
    const headers = { 'content-type': 'application/json', authorization: 'Bearer x' }
    const call = { method: 'POST', headers, body: '{"api":"who"}' }
    const answers = async () => [
      await till.request('hub', 'who').catch(({ code }) => code),
      (await ask(`${node.http}/api/call`, call)).data,
      (await socket.emitWithAck('api', { api: 'who' })).data,
    ]
    assert.deepEqual(await answers(), Array(3).fill(['shop', true, false, false]))
    const change = (now: Principal): void => {
      principal = now
      for (const listener of listeners) listener()
    }
    change(permitting('who', 'refund'))
    assert.deepEqual(await answers(), Array(3).fill(['shop', true, true, false]))
    change(permitting('refund'))
    assert.deepEqual(await answers(), ['forbidden', undefined, undefined])
    // What has expired is called by its name, so that whoever can gets another token.
    change({ ...permitting('who'), expiresAt: 1 })
    assert.equal((await socket.emitWithAck('api', { api: 'who' })).error, 'the token has expired')
    socket.disconnect()
  })

  it('lets a client of calls come back with another token where its own has expired', async () => {
    const listeners = new Set<() => void>()
    const hub = new Hub({
      authenticate: {
        authenticate: ({ token = '' }) => {
          if (token === 'fresh' || listeners.size === 0) return { name: 'ann' }
          throw new PosthouseError('token_expired', 'the token has expired')
        },
        current: (principal) => ({ ...principal, expiresAt: 1 }),
        onChange: (listener) => {
          listeners.add(listener)
          return { [Symbol.dispose]: () => listeners.delete(listener) }
        },
      },
    })
    const gate = Promise.withResolvers<void>()
    const late = procedure({}, async function* () {
      yield 1
      await gate.promise
      yield 2
    })
    await using node = await startNode({ ...procedures(), late }, hub)
    const known = [...listeners]
    const expire = (): void => {
      for (const listener of known) listeners.add(listener)
      for (const listener of known) listener()
    }
    const quiet = { logLevel: 'silent', reconnectionAttempts: 1, reconnectionDelayMs: 10 } as const
    for (const end of ['fresh', 'stale']) {
      listeners.clear()
      const tokens = ['first', end]
      const token = () => tokens.shift() ?? end
      await using client = createCallClient({ socketUrl: node.url, token, ...quiet })
      assert.deepEqual(await client.call('user.get', { userId: 1 }), { id: 1 })
      expire()
      const again = client.call('user.get', { userId: 2 })
      if (end === 'fresh') assert.deepEqual(await again, { id: 2 })
      else await assert.rejects(again, { code: 'token_expired' })
    }
    listeners.clear()
    const tokens = ['first', 'first']
    const token = () => tokens.shift() ?? 'fresh'
    await using client = createCallClient({ httpUrl: `${node.http}/api/call`, token, ...quiet })
    const items: unknown[] = []
    for await (const item of client.stream('late')) {
      if (items.push(item) > 1) continue
      expire()
      gate.resolve()
    }
    assert.deepEqual(items, [1, 2])
  })

  it('shows administrators what is under way, and lets them end it', async () => {
    const slow = procedure({}, () => new Promise<never>(() => undefined))
    await using node = await startNode({ slow })
    const headers = { 'content-type': 'application/json', 'posthouse-caller': 'x'.repeat(32) }
    const answer = ask(`${node.http}/api/call`, { method: 'POST', headers, body: '{"api":"slow","request_id":"r1"}' })
    const under = async () => (await ask(`${node.http}/api/v1/calls`)).calls
    let calls = await under()
    for (let tries = 0; calls.length === 0 && tries < 1000; tries++) calls = await under()
    assert.partialDeepStrictEqual(calls, [{ requestId: 'r1', procedure: 'slow' }])
    const place = `${node.http}/api/v1/calls/${encodeURIComponent(calls[0].caller)}/r1`
    assert.equal((await fetch(place, { method: 'DELETE' })).status, 200)
    assert.equal((await answer).code, 'aborted')
    assert.equal((await fetch(place, { method: 'DELETE' })).status, 404)
  })

  it('shows administrators callbacks that were given up, and lets them try again or forget them', async () => {
    const hub = new Hub()
    const guard = { allowPrivate: ['127.0.0.0/8'] }
    const callbacks = { keys: [createSigningKey()], guard, giveUpMs: 1 }
    const door = callsDoor({ hub, procedures: procedures(), callbacks })
    await using node = createNode({ hub, doors: [door] })
    const { url } = await node.listen({ port: 0 })
    const http = url.replace('ws', 'http')
    // Nobody listens there.
    const call = { api: 'user.get', data: { userId: 1 }, callback_type: 'http', callback_url: 'http://127.0.0.1:9/' }
    await ask(`${http}/api/call`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...call, request_id: 'r1' }),
    })
    const givenUp = async () => {
      for (let tries = 0; tries < 1000; tries++) {
        const [callback] = await ask(`${http}/api/v1/callbacks?which=given-up`)
        if (callback !== undefined) return callback
      }
      return assert.fail('none was given up')
    }
    const callback = await givenUp()
    assert.partialDeepStrictEqual(callback, {
      requestId: 'r1',
      procedure: 'user.get',
      url: call.callback_url,
      attempts: 1,
    })
    const place = `${http}/api/v1/callbacks/${callback.id}`
    assert.partialDeepStrictEqual(await ask(`${place}/redrive`, { method: 'POST' }), { id: callback.id, attempts: 0 })
    assert.equal((await givenUp()).attempts, 1)
    assert.equal((await fetch(place, { method: 'DELETE' })).status, 200)
    assert.deepEqual(await ask(`${http}/api/v1/callbacks?which=given-up`), [])
    assert.deepEqual(await ask(`${http}/api/v1/callbacks?which=owed`), [])
    assert.equal((await fetch(place, { method: 'DELETE' })).status, 404)
  })
})
