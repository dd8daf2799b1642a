import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HubStats, PeerStats } from '@posthouse/hub'
import { width } from '../src/terminal.ts'
import { renderClients, renderStats, statsLine } from '../src/watch/frame.ts'
import { bytes, short, span } from '../src/watch/quantity.ts'

function peer(client: string, received: number, more: Partial<PeerStats> = {}): PeerStats {
  const inbox = { messages: 3, bytes: 2048 }
  return {
    client,
    dialect: 'json',
    since: 0,
    received,
    delivered: 0,
    queuedBytes: 0,
    unacknowledged: 1,
    inbox,
    ...more,
  }
}

function stats(uptimeMs: number, counters: Record<string, number>, peers: PeerStats[]): HubStats {
  const clients = { online: peers.length, known: 9 }
  const fixed = {
    node: 'home',
    version: '1.2.3',
    startedAt: 0,
    connections: 4,
    queuedBytes: 5000,
    dialects: {},
    histograms: {},
  }
  return { ...fixed, uptimeMs, clients, counters, peers }
}

const before = stats(60_000, { publishedLive: 10, deliveredLive: 0, socketBytesReceived: 0, 'refused.offline': 0 }, [
  peer('busy', 0),
  peer('calm', 500),
])
const now = stats(
  62_000,
  { publishedLive: 10, publishedStored: 200, deliveredLive: 4000, socketBytesReceived: 3e6, 'refused.offline': 4 },
  [peer('calm', 500), peer('new', 0), peer('busy', 300, { delivered: 100 })],
)
const size = { columns: 100, rows: 24 }

describe('the table of posthouse watch', () => {
  test('tells the hub in two lines and the clients below, the busiest first', () => {
    assert.deepEqual(renderStats(now, before, size), [
      'home  up 1m 2s  4 connections  3 of 9 clients',
      'in 100 msg/s 1.5MB/s  out 2.0k msg/s 0B/s  queued 5.0kB  refused 2/s  calls 0/s',
      '',
      'CLIENT  IN/s  OUT/s  UNACKED  INBOX  STORED  QUEUED  SINCE  DIALECT',
      'busy     150     50        1      3   2.0kB      0B  1m 2s  json',
      'calm       0      0        1      3   2.0kB      0B  1m 2s  json',
      'new                        1      3   2.0kB      0B  1m 2s  json',
    ])
  })

  test('shows no rates at the first look, nor after the hub was restarted', () => {
    for (const other of [undefined, { ...before, startedAt: 7 }, { ...before, node: 'away' }]) {
      const lines = renderStats(now, other, size)
      assert.deepEqual(lines.slice(0, 2), ['home  up 1m 2s  4 connections  3 of 9 clients', 'queued 5.0kB'])
      assert.match(lines[4] ?? '', /^calm {4,}1/)
    }
  })

  test('fits any terminal: columns are left out from the right, long ids are cut, the rest is counted', () => {
    const peers = Array.from({ length: 50 }, (_, n) => peer(`客户端-${'x'.repeat(40)}-${n}`, n))
    for (const columns of [20, 40, 60, 80, 200]) {
      for (const rows of [6, 10, 24]) {
        const lines = renderStats({ ...now, peers }, before, { columns, rows })
        assert.ok(lines.length <= rows, `${lines.length} lines in ${rows}`)
        for (const line of lines) assert.ok(width(line) <= columns, `${line} in ${columns}`)
      }
    }
    assert.equal(renderStats({ ...now, peers }, before, { columns: 80, rows: 10 }).at(-1), '… and 45 more')
  })

  test('ids cannot steer the terminal', () => {
    const lines = renderStats({ ...now, peers: [peer('\u001b[2Jgone', 1)] }, before, size)
    assert.match(lines[4] ?? '', /^\\u001b\[2Jgone/)
  })

  test('where the hub tells no numbers, it shows who is there', () => {
    const clients = [{ client: 'bob', online: true, lastSeen: 0, since: 1000, dialect: 'json' as const, node: 'home' }]
    assert.deepEqual(renderClients(clients, 61_000, size), [
      '1 client is online',
      '',
      'CLIENT  DIALECT  SINCE',
      'bob     json     1m 0s',
    ])
  })

  test('a log has one line', () => {
    assert.equal(statsLine(now, undefined), 'connections=4 clients=3 queued=5.0kB')
    assert.match(statsLine(now, before), /in=100\/s \(1\.5MB\/s\) out=2\.0k\/s \(0B\/s\) refused=2\/s calls=0\/s$/)
  })
})

test('quantities are short', () => {
  assert.deepEqual([0, 0.25, 7, 12.4, 999, 1000, 12_345, 1e6, 9.96e6, 2e9].map(short), [
    '0',
    '0.3',
    '7',
    '12',
    '999',
    '1.0k',
    '12k',
    '1.0M',
    '10M',
    '2.0G',
  ])
  assert.equal(bytes(1500), '1.5kB')
  assert.deepEqual([0, 5000, 65_000, 3_600_000, 90_061_000].map(span), ['0s', '5s', '1m 5s', '1h 0m', '1d 1h'])
})
