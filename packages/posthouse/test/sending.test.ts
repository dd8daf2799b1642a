import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Cli, type Ended } from './cli.ts'

describe('posthouse send', () => {
  const hub = new Hub()
  let url = ''
  before(async () => {
    ;({ url } = await hub.listen({ port: 0 }))
  })
  after(() => hub.close())
  const send = (...args: string[]): Promise<Ended> => Cli.run(['send', ...args, '--url', url])
  const known = async (clientId: string): Promise<void> => {
    await using client = new HubClient({ url, clientId })
    await client.connect()
    await client.drain()
  }
  const messages = async (client: string): Promise<number> => (await hub.inbox({ client })).messages

  test('with --receipts waits until its recipient has the message', async () => {
    await using bob = new HubClient({ url, clientId: 'bob' })
    bob.on('*', () => undefined)
    await bob.connect()
    const { status, out, err } = await send('bob', 'hello', '--receipts')
    assert.equal(status, 0, err)
    assert.match(out, /^stored text to bob, id \S+\ndelivered to bob$/)
    const json = await send('bob', 'hello', '--receipts', '--json')
    const [sent, receipt] = json.out.split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(
      [sent.state, receipt.state, receipt.by, receipt.id === sent.id],
      ['stored', 'delivered', 'bob', true],
    )
  })

  test('says in full why nobody can log in with an id', async () => {
    for (const id of ['hub', '']) {
      const { status, err } = await send('bob', 'hello', '--id', id)
      assert.equal(status, 2)
      assert.match(err, /^error "\w*" is no client id: .*all, hub and server are reserved \(invalid_client_id\)$/m)
    }
  })

  test('with --receipts says what has failed, and when nothing came in time', async () => {
    await known('away')
    const late = await send('away', 'hello', '--receipts', '--timeout', '100ms')
    assert.equal(late.status, 1)
    assert.match(late.err, /no receipt has come in this time: the message waits for its recipient/)
    const expired = await send('away', 'hello', '--receipts', '--ttl', '1ms')
    assert.equal(expired.status, 4, expired.err)
    assert.match(expired.out, /\nexpired for away$/)
  })

  test('with --receipts hears of each member of a group', async () => {
    await using first = new HubClient({ url, clientId: 'first' })
    await using second = new HubClient({ url, clientId: 'second' })
    for (const client of [first, second]) {
      client.on('*', () => undefined)
      await client.connect()
      await hub.groups.add('pair', client.clientId)
    }
    const { status, out } = await send('group:pair', 'hello', '--receipts', '--timeout', '1s')
    assert.equal(status, 0)
    assert.deepEqual(out.split('\n').slice(1).sort(), ['delivered to first', 'delivered to second'])
  })

  test('with --when-offline refuses or drops what nobody is there for', async () => {
    await known('gone')
    const refused = await send('gone', 'hello', '--when-offline', 'error')
    assert.equal(refused.status, 4)
    assert.match(refused.err, /\(offline\)/)
    const dropped = await send('gone', 'hello', '--when-offline', 'drop', '--receipts')
    assert.match(dropped.out, /^dropped text to gone, id \S+$/)
    assert.equal(await messages('gone'), 0)
    assert.match((await send('gone', 'hello', '--when-offline', 'store')).out, /^stored/)
    assert.equal(await messages('gone'), 1)
  })

  test('with --at keeps it for later', async () => {
    await known('patient')
    const { status, out, err } = await send('patient', 'hello', '--at', '1h')
    assert.equal(status, 0, err)
    assert.match(out, /^stored text to patient, id \S+, due \d{4}-\S+ \S+$/)
    assert.equal(await messages('patient'), 0)
    await using patient = new HubClient({ url, clientId: 'patient' })
    const arrived = new Promise((resolve) => patient.on('*', ({ body }) => resolve(body)))
    await patient.connect()
    await send('patient', 'now', '--at', '50ms')
    assert.equal(await arrived, 'now')
  })

  test('says what is wrong with its words', async () => {
    for (const [args, words] of [
      [
        ['bob', 'x', '--at', 'noon'],
        /"noon" is no time: write a date such as \S+, or a time from now such as 2h or 7d/,
      ],
      [['bob', 'x', '--priority', '10'], /a priority is a number from 0 to 9/],
      [['bob', 'x', '--when-offline', 'wait'], /Allowed choices are store, error, drop/],
      [['all', 'x', '--receipts'], /--receipts is for messages to clients and groups, not to all/],
      [['bob', 'x', '--timeout', '5s'], /--timeout goes with --receipts/],
    ] as const) {
      const { status, err } = await send(...args)
      assert.equal(status, 2, err)
      assert.match(err, words)
    }
  })
})
