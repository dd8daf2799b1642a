import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { Cli, type Ended } from './cli.ts'

describe('channels on the command line', () => {
  const hub = new Hub({ channels: [{ pattern: 'small', history: { messages: 3, ageMs: 3_600_000 } }] })
  let url = ''
  before(async () => {
    ;({ url } = await hub.listen({ port: 0 }))
  })
  after(() => hub.close())
  const run = (...args: string[]): Promise<Ended> => Cli.run([...args, '--url', url])
  const publish = async (channel: string, ...bodies: unknown[]): Promise<void> => {
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    for (const body of bodies) await alice.send(`channel:${channel}`, body)
    await alice.drain()
  }

  test('channels lists those of which anything is kept', async () => {
    assert.equal((await run('channels')).err, 'no channel keeps messages')
    await publish('news.sport', 'goal')
    await publish('news.art', 'a', 'b')
    const { out, err, status } = await run('channels')
    assert.equal(status, 0, err)
    assert.match(
      out,
      /^CHANNEL +SUBSCRIBERS +MESSAGES +SIZE +NEWEST\nnews\.art +0 +2 +\d+B +\d{4}-.*\nnews\.sport +0 +1 /,
    )
    const listed = JSON.parse((await run('channels', '--json')).out)
    assert.deepEqual(
      listed.map(({ channel, messages }: Record<string, unknown>) => [channel, messages]),
      [
        ['news.art', 2],
        ['news.sport', 1],
      ],
    )
  })

  test('publish puts a message into a channel, for as long as it is of use', async () => {
    const { out, err, status } = await run(
      'publish',
      'channel:board',
      '{"a":1}',
      '--type',
      'dict',
      '--id',
      'carol',
      '--ttl',
      '1h',
    )
    assert.equal(status, 0, err)
    assert.match(out, /^stored dict in board, id /)
    const short = JSON.parse((await run('publish', 'board', 'gone', '--ttl', '1ms', '--json')).out)
    assert.deepEqual([short.channel, short.state], ['board', 'stored'])
    const live = await run('publish', 'board', 'hi', '--qos', '0')
    assert.match(live.out, /^sent text in board/)
    assert.match((await run('history', 'board')).out, /^\S+ \S+ carol dict \{"a":1\}$/)
    const wrong = await run('publish', 'a..b', 'x')
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /no empty parts/)
  })

  test('subscribe prints what is retained, what is kept and what comes', async () => {
    await publish('live.a', 'old 1', 'old 2')
    await run('publish', 'live.state', 'open', '--retain', '--id', 'door')
    await using cli = Cli.start(['subscribe', 'live.*', '--last', '2', '--count', '3', '--url', url])
    await cli.line(/subscribed to live\.\*; Ctrl-C stops/)
    await publish('live.b', 'new')
    const { out, status } = await cli.ended()
    assert.equal(status, 0)
    assert.deepEqual(out.split('\n'), ['live.a alice text old 2', 'live.state door text open', 'live.b alice text new'])
    assert.equal((await run('subscribe', 'live.*', '--count', '1')).out, 'live.state door text open')
    const without = await run('subscribe', 'live.*', '--no-retained', '--last', '1', '--count', '1')
    assert.equal(without.out, 'live.b alice text new')
  })

  test('subscribe begins behind a position, and prints JSON', async () => {
    await publish('jsonl', 'a', 'b', 'c')
    const [first] = (await run('history', 'jsonl', '--json')).out.split('\n').map((line) => JSON.parse(line))
    const { out, status, err } = await run('subscribe', 'jsonl', '--after', String(first.seq), '--count', '2', '--json')
    assert.equal(status, 0, err)
    assert.deepEqual(
      out.split('\n').map((line) => JSON.parse(line).body),
      ['b', 'c'],
    )
    const all = await run('subscribe', 'channel:jsonl', '--after', 'start', '--count', '3')
    assert.equal(all.out, 'jsonl alice text a\njsonl alice text b\njsonl alice text c')
  })

  test('subscribe says what is wrong with its words, and ends with Ctrl-C', async () => {
    for (const [args, words] of [
      [['a..b'], /\(invalid_address\)/],
      [['a', '--after', 'now'], /a position is start or a whole number/],
      [['a', '--after', '1', '--last', '2'], /cannot be used with/],
      [[], /missing required argument 'patterns'/],
    ] as const) {
      const { status, err } = await run('subscribe', ...args)
      assert.equal(status, 2, err)
      assert.match(err, words)
    }
    await using cli = Cli.start(['subscribe', 'quiet', '--url', url])
    await cli.line(/subscribed to quiet/)
    cli.signal('SIGINT')
    assert.equal((await cli.ended()).status, 0)
  })

  test('history shows the newest messages, or those behind a position', async () => {
    await publish('log', ...Array.from({ length: 7 }, (_, index) => `line ${index}`))
    const newest = await run('history', 'log', '--last', '2')
    assert.equal(newest.status, 0, newest.err)
    assert.match(newest.out, /^\d{4}-\S+ \S+ alice text line 5\n\d{4}-\S+ \S+ alice text line 6$/)
    assert.equal((await run('history', 'channel:log')).out.split('\n').length, 7)
    const entries = (await run('history', 'log', '--json', '--after', 'start')).out
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      entries.map(({ body }) => body),
      [0, 1, 2, 3, 4, 5, 6].map((index) => `line ${index}`),
    )
    const { seq } = entries[4]
    const rest = await run('history', 'log', '--after', String(seq))
    assert.match(rest.out, /^[^\n]* line 5\n[^\n]* line 6$/)
    assert.match(rest.err, /^for what comes later: --after \d+$/)
  })

  test('history says what is not kept any more', async () => {
    await publish('small', ...'abcdef')
    const { out, err } = await run('history', 'small', '--after', '1')
    assert.match(err, /^what came behind \d+, up to \d+, is not kept any more$/m)
    assert.equal(out.split('\n').length, 3)
  })

  test('history says where nothing is kept', async () => {
    const { status, out, err } = await run('history', 'empty')
    assert.deepEqual([status, out], [0, ''])
    assert.match(err, /^nothing is kept of empty\nfor what comes later: --after \d+$/)
    assert.match((await run('history', 'empty', '--after', '5')).err, /^nothing is kept of empty after position 5\n/)
  })

  test('history says what is wrong with its words', async () => {
    for (const [args, words] of [
      [['history', 'log', '--after', 'now'], /a position is start or a whole number/],
      [['history', 'log', '--last', '1001'], /--last is at most 1000/],
      [['history', 'log', '--after', '1', '--last', '2'], /cannot be used with/],
      [['history', 'news.*'], /\(invalid_address\)/],
    ] as const) {
      const { status, err } = await run(...args)
      assert.equal(status, 2, err)
      assert.match(err, words)
    }
  })
})
