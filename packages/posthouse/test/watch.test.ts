import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { defaultLimits, Hub, type HubStats, type Principal } from '@posthouse/hub'
import type { WebSocket } from 'ws'
import { pause } from '../src/interrupt.ts'
import { Cli } from './cli.ts'
import { serveSockets } from './servers.ts'

/** A hub that only tells numbers, a second later with each look; or refuses to, with a code. */
function numbers(refusal?: string): (socket: WebSocket) => void {
  let looks = 0
  const peer = { client: 'bob', dialect: 'json', since: 0, queuedBytes: 0, unacknowledged: 2 } as const
  const stats = (): HubStats => {
    looks++
    return {
      node: 'home',
      version: '1.2.3',
      startedAt: 0,
      uptimeMs: looks * 1000,
      connections: 2,
      clients: { online: 2, known: 3 },
      dialects: {},
      queuedBytes: 0,
      counters: { publishedLive: looks * 30 },
      histograms: {},
      peers: [{ ...peer, received: looks * 30, delivered: 0, inbox: { messages: 2, bytes: 200 } }],
    }
  }
  const answers: Readonly<Record<string, (frame: { client?: string; id?: string; online?: boolean }) => unknown>> = {
    hello: ({ client }) => ({
      ...{ op: 'welcome', session: 's', resumeToken: 't', resumed: false, positions: {}, accepted: 0, client },
      ...{
        heartbeatMs: 25_000,
        limits: defaultLimits,
        durability: 'memory',
        node: 'home',
        serverTime: 0,
        caps: ['calls'],
      },
    }),
    request: ({ id }) =>
      refusal === undefined
        ? { op: 'response', id, body: stats() }
        : { op: 'response', id, error: { code: refusal, number: 2002, message: 'no', retry: false } },
    list: ({ id }) => ({
      op: 'list',
      id,
      clients: [{ client: 'bob', online: true, lastSeen: 0, since: 1, node: 'home' }],
    }),
  }
  return (socket) => {
    socket.on('message', (data) => {
      for (const frame of [JSON.parse(String(data))].flat()) {
        const answer = answers[frame.op]?.(frame)
        if (answer !== undefined) socket.send(JSON.stringify(answer))
      }
    })
  }
}

test('posthouse watch --once shows the table, with rates', async () => {
  await using server = await serveSockets(numbers())
  const args = ['watch', '--once', '--interval', '100ms', '--url', `ws://127.0.0.1:${server.port}`]
  const { status, out, err } = await Cli.run(args)
  assert.equal(status, 0, err)
  assert.match(out, /^home {2}up 2s {2}2 connections {2}2 of 3 clients\nin 30 msg\/s /)
  assert.match(out, /\nbob +30 +0 +2 +2 +200B +0B +2s +json$/)
})

test('outside of a terminal it prints a line or an object for each look, until Ctrl-C', async () => {
  await using server = await serveSockets(numbers())
  const args = ['watch', '--interval', '100ms', '--url', `ws://127.0.0.1:${server.port}`]
  await using lines = Cli.start(args)
  assert.match(await lines.line(/in=30\/s/), /^\d{4}-.*Z connections=2 clients=2 queued=0B in=30\/s/)
  lines.signal('SIGINT')
  assert.equal((await lines.ended()).status, 0)
  await using objects = Cli.start([...args, '--json'])
  const { rates, node, peers } = JSON.parse(await objects.line(/"messagesIn":30/))
  assert.deepEqual([rates.messagesIn, node, peers[0].client], [30, 'home', 'bob'])
})

test('where the numbers are refused it shows who is there, and says what is missing', async () => {
  await using server = await serveSockets(numbers('forbidden'))
  const { status, out, err } = await Cli.run(['watch', '--once', '--url', `ws://127.0.0.1:${server.port}`])
  assert.equal(status, 0, err)
  assert.match(err, /may not ask for the numbers.*administer on hub.*; here is who is online/)
  assert.match(out, /^1 client is online\n\nCLIENT +DIALECT +SINCE\nbob /)
})

test('a hub tells its numbers to whoever may administer it, and to nobody else', async () => {
  const authenticate = ({ client }: { readonly client: string }): Principal =>
    client === 'chief'
      ? { name: client, permissions: [{ operations: ['administer'], addresses: ['hub'] }] }
      : { name: client }
  await using hub = new Hub({ node: 'real', authenticate })
  const { url } = await hub.listen({ port: 0 })
  await using bob = new HubClient({ url, clientId: 'bob' })
  await bob.connect()
  await bob.send('hub', 'hello')
  const args = ['watch', '--once', '--interval', '100ms', '--url', url]
  const { out, err } = await Cli.run([...args, '--id', 'chief'])
  assert.match(out, /^real {2}up .*\nin [\d.]+k? msg\/s .*refused \d+\/s {2}calls \d/, err)
  assert.match(out, /\nbob /)
  const data = JSON.parse((await Cli.run([...args, '--id', 'chief', '--json'])).out)
  assert.equal(data.peers.find(({ client }: { client: string }) => client === 'bob').received, 1)
  assert.match((await Cli.run([...args, '--id', 'eve'])).err, /it needs administer on hub/)
})

test('a dialect without calls shows who is there, too', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  await using bob = new HubClient({ url, clientId: 'bob' })
  await bob.connect()
  const { out, err } = await Cli.run(['watch', '--once', '--dialect', 'cross_comm', '--url', url])
  assert.match(err, /there are no numbers; here is who is online/)
  assert.match(out, /\nbob/)
})

test('a wait of more than timers can count to is not over at once', async () => {
  const month = 31 * 86_400_000
  const end = new AbortController()
  const waits = [pause(month, end.signal).then(() => month), pause(3, end.signal).then(() => 3)]
  assert.equal(await Promise.race(waits), 3)
  end.abort()
  await Promise.all(waits)
})

test('a lost connection is told, and the hub that closes it for good ends the command', async () => {
  const sockets: WebSocket[] = []
  const answer = numbers()
  await using server = await serveSockets((socket) => {
    sockets.push(socket)
    answer(socket)
  })
  await using cli = Cli.start(['watch', '--interval', '100ms', '--url', `ws://127.0.0.1:${server.port}`])
  await cli.line(/in=30\/s/)
  sockets[0]?.close(4409, 'replaced')
  const { status, err } = await cli.ended()
  assert.equal(status, 4)
  assert.match(err, /\(replaced\)/)
})
