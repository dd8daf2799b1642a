import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import { createApi, procedure } from '@posthouse/rpc'
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
})
