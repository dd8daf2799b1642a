import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Cli } from './cli.ts'

test('posthouse stats shows what went through a hub, by the hour or by what is asked for', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  await using bob = new HubClient({ url, clientId: 'bob' })
  const messages = bob.messages('*')
  await using alice = new HubClient({ url, clientId: 'alice' })
  await bob.connect()
  await alice.connect()
  await alice.send('bob', 'hello')
  await alice.send('bob', { a: 1 })
  await alice.send('nobody', 'x').catch(() => undefined)
  for await (const { type } of messages) if (type === 'dict') break
  await bob.drain()

  const hours = await Cli.run(['stats', '--url', url])
  assert.equal(hours.status, 0, hours.err)
  assert.match(hours.out, /^messages +3 taken, 2 delivered$/m)
  assert.match(hours.out, /^took +half up to .*ms/m)
  assert.match(hours.out, /^failures +unknown_recipient 1$/m)
  assert.match(hours.out, /^HOUR +TAKEN +DELIVERED +FAILED\n\d{4}-.* 3 +2 +1$/m)
  const types = await Cli.run(['stats', '--by', 'type', '--url', url])
  assert.match(types.out, /^TYPE +TAKEN +DELIVERED\ntext +2 +1\ndict +1 +1$/m)
  const clients = JSON.parse((await Cli.run(['stats', '--by', 'client', '--json', '--url', url])).out)
  assert.deepEqual(clients.labels, [
    { label: 'alice', messages: 3, delivered: 0 },
    { label: 'bob', messages: 0, delivered: 2 },
  ])
  const past = await Cli.run(['stats', '--from', '2026-01-01', '--to', '2026-01-02', '--url', url])
  assert.match(past.out, /^took +nothing was acknowledged\nfailures +none$/m)
})

test('posthouse stats says what is wrong with a time, and whether it may ask', async () => {
  await using hub = new Hub({ authenticate: ({ client }) => ({ name: client }) })
  const { url } = await hub.listen({ port: 0 })
  for (const [args, status, words] of [
    [['--from', 'yesterday'], 2, /"yesterday" is no time: write a date such as/],
    [['--from', '1h', '--to', '2h'], 2, /--from must be earlier than --to \(invalid_option\)$/],
    [['--from', '60d'], 2, /--from and --to must not be more than 31 days apart/],
    [['--from', '2026-13-01'], 2, /"2026-13-01" is no date/],
    [['--by', 'colour'], 2, /Allowed choices are hour, type, client, channel/],
    [['--id', 'bob'], 4, /\(forbidden\)/],
  ] as const) {
    const { err, status: ended } = await Cli.run(['stats', ...args, '--url', url])
    assert.equal(ended, status, err)
    assert.match(err, words)
  }
})
