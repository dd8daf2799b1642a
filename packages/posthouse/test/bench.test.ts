import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { defaultLimits, Hub } from '@posthouse/hub'
import type { WebSocket } from 'ws'
import { SequenceCheck } from '../src/bench/sequence-check.ts'
import { Cli } from './cli.ts'
import { serveSockets } from './servers.ts'

describe('the numbers of arriving messages', () => {
  function check(...numbers: number[]): [number, number, number] {
    const checked = new SequenceCheck()
    for (const number of numbers) checked.arrived(number)
    return [checked.received, checked.repeated, checked.disordered]
  }

  test('tell what came once, twice or late', () => {
    assert.deepEqual(check(0, 1, 2), [3, 0, 0])
    assert.deepEqual(check(0, 2, 3), [3, 0, 0])
    assert.deepEqual(check(0, 2, 1, 3), [4, 0, 1])
    assert.deepEqual(check(0, 0, 2, 1, 1), [3, 2, 1])
  })
})

describe('posthouse bench', () => {
  const hub = new Hub()
  let url = ''
  before(async () => {
    ;({ url } = await hub.listen({ port: 0 }))
  })
  after(() => hub.close())

  const bench = (...args: string[]): ReturnType<typeof Cli.run> => Cli.run(['bench', '--url', url, ...args])

  for (const args of [
    ['--qos', '0', '--pairs', '3'],
    ['--qos', '1', '--pairs', '2', '--dialect', 'msgpack'],
    ['--rate', '500', '--pairs', '2'],
    ['--fanout', '5'],
    // Many more than reach their receivers at once.
    ['--qos', '1', '--pairs', '5', '--size', '5000', '--window', '200'],
  ]) {
    test(`measures with ${args.join(' ')}, and leaves nobody behind`, async () => {
      const { status, out, err } = await bench(...args, '--duration', '200ms', '--json')
      assert.equal(status, 0, err)
      const result = JSON.parse(out)
      const { fanout = 1 } = result.plan
      assert.ok(result.sent > 0)
      assert.equal(result.received, result.sent * fanout)
      assert.deepEqual([result.lost, result.repeated, result.disordered, result.refused], [0, 0, 0, {}])
      const { p50, p99, p999, max } = result.latencyMs
      assert.ok(p50 > 0 && p50 <= p99 && p99 <= p999 && p999 <= max)
      assert.deepEqual(hub.clients({ online: false }), [])
    })
  }

  test('says in words what the numbers mean', async () => {
    const { status, out } = await bench('--pairs', '1', '--messages', '100', '--duration', '10s')
    assert.equal(status, 0)
    assert.match(out, /^1 pair, bodies of 128 bytes, qos 0, json, up to 64 under way/)
    assert.match(out, /\nchecked +100 sent: 0 lost, 0 repeated, 0 out of order\n/)
    assert.match(out, /\nLatency is from when a message was due/)
  })

  test('Ctrl-C ends it with what was measured so far, and status 130', async () => {
    const sending = Promise.withResolvers<void>()
    using _listening = hub.on('text', () => sending.resolve())
    await using cli = Cli.start(['bench', '--url', url, '--fanout', '1', '--duration', '1h', '--yes'])
    await sending.promise
    cli.signal('SIGINT')
    const { status, out } = await cli.ended()
    assert.equal(status, 130)
    assert.match(out, /ended early/)
  })

  test('what gets lost is counted, and is status 1', async () => {
    const welcome = {
      op: 'welcome',
      session: 's',
      resumeToken: 't',
      resumed: false,
      positions: {},
      accepted: 0,
      heartbeatMs: 25_000,
      limits: defaultLimits,
      durability: 'memory',
      node: 'sieve',
      serverTime: 0,
      caps: [],
    }
    const swallow = (socket: WebSocket): unknown =>
      socket.once('message', (hello) => {
        const { client } = JSON.parse(String(hello))
        socket.send(JSON.stringify({ ...welcome, client }))
      })
    await using server = await serveSockets(swallow)
    const args = ['bench', '--url', `ws://127.0.0.1:${server.port}`, '--pairs', '1', '--window', '10']
    const { status, out, err } = await Cli.run([...args, '--duration', '100ms', '--json'])
    assert.equal(status, 1, err)
    const { sent, lost } = JSON.parse(out)
    assert.ok(sent >= 10)
    assert.equal(lost, sent)
  })

  test('another computer is not loaded without --yes, nor are other programs', async () => {
    const far = await Cli.run(['bench', '--url', 'ws://192.0.2.1:9898'])
    assert.equal(far.status, 2)
    assert.match(far.err, /192\.0\.2\.1 is another computer.*--yes/)
    await using bystander = new HubClient({ url, clientId: 'bystander' })
    await bystander.connect()
    const wide = await bench('--fanout', '2')
    assert.equal(wide.status, 2)
    assert.match(wide.err, /\d other clients would get the messages to all/)
  })

  test('impossible plans are refused before anyone connects', async () => {
    for (const [args, words] of [
      [['--size', '8'], /--size must be at least 32/],
      [['--window', '5000'], /--window must be at most 1000/],
      [['--duration', '2h'], /at most 1h/],
      [['--pairs', '2', '--fanout', '2'], /cannot be used with option/],
    ] as const) {
      const { status, err } = await bench(...args)
      assert.equal(status, 2, err)
      assert.match(err, words)
    }
  })
})
