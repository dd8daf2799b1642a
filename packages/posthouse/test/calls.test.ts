import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Cli, type CliOptions, type Ended } from './cli.ts'

describe('posthouse call', () => {
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
    assert.equal((await call(['worker', 'add', '[1, 2, 3]'])).out, '6')
    assert.equal((await call(['worker', 'add', '-'], { input: '[4, 5]\n' })).out, '9')
    assert.equal((await call(['hub', 'hello'])).out, '{"hello":"你好"}')
  })

  test('prints each part of an answer on a line', async () => {
    using _count = hub.handle('count', async function* () {
      for (const part of ['one', { two: 2 }]) yield part
    })
    const { out, status } = await call(['hub', 'count', '--stream'])
    assert.deepEqual([out, status], ['"one"\n{"two":2}', 0])
  })

  test('says why there is no answer', async () => {
    using _stuck = hub.handle('stuck', () => new Promise(() => undefined))
    for (const [args, code, words] of [
      [['hub', 'nothing'], 4, /\(no_handler\)/],
      [['nobody', 'add'], 4, /\((unknown_recipient|offline)\)/],
      [['hub', 'stuck', '--timeout', '50ms'], 3, /\(timeout\)/],
      [['hub', 'add', '{'], 2, /written as JSON/],
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
    await using cli = Cli.start(['call', 'hub', 'slow', '--url', url])
    await called.promise
    cli.signal('SIGINT')
    assert.equal((await cli.ended()).status, 130)
    await given.promise
  })
})
