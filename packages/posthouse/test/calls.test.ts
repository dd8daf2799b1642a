import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { OriginalServer } from '../../client/test/caller/original-server.ts'
import { Cli, type CliOptions, type Ended } from './cli.ts'

describe('posthouse call --to', () => {
  const hub = new Hub()
  let url = ''
  before(async () => {
    ;({ url } = await hub.listen({ port: 0 }))
  })
  after(() => hub.close())

  const call = (args: readonly string[], options: CliOptions = {}): Promise<Ended> =>
    Cli.run(['call', ...args, '--url', url], options)

  test('prints the answer of a client or of the hub as JSON', async () => {
    await using worker = new HubClient({ url, clientId: 'worker' })
    worker.handle('add', ({ body }) => (Array.isArray(body) ? body.reduce((sum, each) => sum + each, 0) : null))
    await worker.connect()
    using _hello = hub.handle('hello', () => ({ hello: '你好' }))
    assert.equal((await call(['add', '[1, 2, 3]', '--to', 'worker'])).out, '6')
    assert.equal((await call(['add', '-', '--to', 'worker'], { input: '[4, 5]\n' })).out, '9')
    assert.equal((await call(['hello', '--to', 'hub'])).out, '{"hello":"你好"}')
  })

  test('prints each part of an answer on a line', async () => {
    using _count = hub.handle('count', async function* () {
      for (const part of ['one', { two: 2 }]) yield part
    })
    const { out, status } = await call(['count', '--to', 'hub', '--watch'])
    assert.deepEqual([out, status], ['"one"\n{"two":2}', 0])
  })

  test('says why there is no answer', async () => {
    using _stuck = hub.handle('stuck', () => new Promise(() => undefined))
    for (const [args, code, words] of [
      [['nothing', '--to', 'hub'], 4, /\(no_handler\)/],
      [['add', '--to', 'nobody'], 4, /\((unknown_recipient|offline)\)/],
      [['stuck', '--to', 'hub', '--timeout', '50ms'], 3, /\(timeout\)/],
      [['add', '{', '--to', 'hub'], 2, /written as JSON/],
      [['add', '--to', 'hub', '--http'], 2, /for procedures/],
      [['add', '--id', 'me'], 2, /--to/],
    ] as const) {
      const { status, err, out } = await call(args)
      assert.deepEqual([status, out], [code, ''], err)
      assert.match(err, words)
    }
  })

  test('Ctrl-C gives the call up, with status 130', async () => {
    const called = Promise.withResolvers<void>()
    const given = Promise.withResolvers<void>()
    using _slow = hub.handle('slow', ({ signal }) => {
      called.resolve()
      signal.addEventListener('abort', () => given.resolve())
      return new Promise(() => undefined)
    })
    await using cli = Cli.start(['call', 'slow', '--to', 'hub', '--url', url])
    await called.promise
    cli.signal('SIGINT')
    assert.equal((await cli.ended()).status, 130)
    await given.promise
  })
})

describe('posthouse call', () => {
  test('calls a procedure of a server of the original kind, and tells how it failed', async () => {
    await using server = await OriginalServer.start()
    server.register('user.get', (data) => ({ ...(data as object), name: '你好' }))
    const call = (...args: readonly string[]): Promise<Ended> => Cli.run(['call', ...args, '--url', server.socketUrl])
    assert.equal((await call('user.get', '{"userId":7}')).out, '{"userId":7,"name":"你好"}')
    assert.equal((await call('user.get', '[1]', '--watch')).out, '{"0":1,"name":"你好"}')
    const unknown = await call('user.nobody')
    assert.deepEqual([unknown.status, unknown.out], [4, ''])
    assert.match(unknown.err, /"user\.nobody" \(no_handler\)/)
    // It posts its answers to a callback URL, and a command has none.
    const byHttp = (await call('user.get', '--http')).err
    assert.match(byHttp, /give the node some \(posthouse up --procedures\), or .* callbackUrl.*\(unsupported\)/)
    assert.equal((await Cli.run(['call', 'user.get', '--url', 'ws://127.0.0.1:1'])).status, 3)
  })
})
