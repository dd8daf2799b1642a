import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import { createApi, type Identify, procedure } from '@posthouse/rpc'
import { next, serve } from './serve.ts'

/** Lets in whoever has one of these tokens. */
function guarded(tokens: ReadonlyMap<string, readonly string[]>, clock?: ManualClock) {
  return createApi(
    {
      read: procedure({ permission: 'notes.read' }, () => 'read'),
      write: procedure({ permission: 'notes.write' }, () => 'written'),
    },
    {
      clock,
      identify: ({ token = '' }) => {
        const permissions = tokens.get(token)
        if (permissions === undefined) throw new PosthouseError('unauthenticated', 'nobody knows this token')
        return { name: token, may: (permission) => permissions.includes(permission) }
      },
    },
  )
}

/** Lets in who has one of these tokens, all of them the same caller's. */
function onlyThese(tokens: ReadonlySet<string>): Identify {
  return ({ token = '' }) => {
    if (!tokens.has(token)) throw new PosthouseError('unauthenticated', 'nobody knows this token')
    return { name: 'ana', may: () => true }
  }
}

describe('a server that asks for tokens', () => {
  it('lets in who shows one, at each door, and allows what that allows', async () => {
    await using server = await serve(guarded(new Map([['ana', ['notes.read']]])))
    await assert.rejects(server.connect({ auth: { token: 'eve' } }), {
      data: { code: 'unauthenticated', message: 'nobody knows this token', retry: false },
    })
    assert.equal((await server.call({ api: 'read' })).status, 401)
    const socket = await server.connect({ auth: { token: 'ana', posthouse: 1 } })
    assert.equal((await socket.emitWithAck('api', { api: 'read' })).data, 'read')
    assert.equal((await socket.emitWithAck('api', { api: 'write' })).code, 'forbidden')
    const headers = { authorization: 'Bearer ana' }
    assert.equal((await server.call({ api: 'read', request_id: 'r1' }, headers)).json.data, 'read')
    // The name counts, whatever the door.
    assert.equal((await socket.emitWithAck('api', { api: 'read', request_id: 'r1' })).data, 'read')
    assert.equal((await server.call({ api: 'write' }, headers)).status, 403)
    const inHeader = await server.connect({ extraHeaders: headers })
    assert.equal((await inHeader.emitWithAck('api', { api: 'read' })).success, true)
  })

  it('sends away whose token was taken back', async () => {
    const clock = new ManualClock()
    const tokens = new Map([['ana', ['notes.read']]])
    await using server = await serve(guarded(tokens, clock))
    const socket = await server.connect({ auth: { token: 'ana', posthouse: 1 } })
    tokens.clear()
    clock.advance(30_000)
    const gone = next(socket, 'disconnect')
    assert.equal((await socket.emitWithAck('api', { api: 'read' })).code, 'unauthenticated')
    await gone
  })

  it('goes by what a token allows by now, also for who is connected', async () => {
    const clock = new ManualClock()
    const tokens = new Map([['ana', ['notes.read']]])
    await using server = await serve(guarded(tokens, clock))
    const socket = await server.connect({ auth: { token: 'ana', posthouse: 1 } })
    tokens.set('ana', ['notes.write'])
    clock.advance(30_000)
    assert.equal((await socket.emitWithAck('api', { api: 'read' })).code, 'forbidden')
    assert.equal((await socket.emitWithAck('api', { api: 'write' })).data, 'written')
  })

  it('makes no more items for who was sent away, whichever way they go', async () => {
    const clock = new ManualClock()
    const tokens = new Set(['ana'])
    let made = 0
    const api = createApi(
      {
        count: procedure({ timeoutMs: Number.POSITIVE_INFINITY }, async function* () {
          for (;;) yield made++
        }),
      },
      { clock, identify: onlyThese(tokens) },
    )
    await using server = await serve(api)
    const socket = await server.connect({ auth: { token: 'ana', posthouse: 1 } })
    const call = { api: 'count', stream: true, request_id: 'r1', credit: 1 }
    const first = next(socket, 'api:item')
    socket.emit('api', call)
    await first
    const headers = { authorization: 'Bearer ana', accept: 'application/x-ndjson' }
    const lines = server.call({ api: 'count', stream: true }, headers)
    tokens.clear()
    clock.advance(30_000)
    const gone = next(socket, 'disconnect')
    socket.emit('api:credit', { request_id: 'r1', credit: 1000 })
    await gone
    assert.match((await lines.catch(({ message }) => ({ text: message }))).text, /unauthenticated/)
    assert.ok(made < 1000)
  })

  it('hands a response to a connection of the caller whose token still holds', async () => {
    const clock = new ManualClock()
    const tokens = new Set(['new', 'old'])
    const api = createApi({ read: procedure({}, () => 'read') }, { clock, identify: onlyThese(tokens) })
    await using server = await serve(api)
    const kept = await server.connect({ auth: { token: 'new' } })
    const thief = await server.connect({ auth: { token: 'old' } })
    tokens.delete('old')
    clock.advance(30_000)
    const [response, gone] = [next(kept, 'apiResponse'), next(thief, 'disconnect')]
    thief.on('apiResponse', () => assert.fail('the one that was sent away got it'))
    await server.call({ api: 'read', callback_type: 'socket' }, { authorization: 'Bearer new' })
    assert.equal((await response).data, 'read')
    await gone
  })
})
