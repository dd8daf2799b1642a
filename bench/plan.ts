import { readFileSync } from 'node:fs'
import type { LanguageName, LibraryName, Work } from './load/job.ts'
import type { ServerName } from './server.ts'

/** One row of a table: a server, how it is spoken to, and what is done. */
export interface Case {
  readonly label: string
  /** Cases of one group do the same work; ratios are to the relay of the group. */
  readonly group: string
  readonly server: ServerName
  readonly language: LanguageName
  readonly work: Work
}

/** The benchmarks, with what `npm run bench` says about each. */
export const benchmarks = {
  unicast: 'one message to one receiver, as fast as it goes: 1 pair, 50 pairs, and through client libraries',
  fanout: 'one sender to 1,000 receivers, 20 messages in flight',
  latency: 'one pair at 5,000 messages in a second: p50, p99, p99.9',
  idle: 'memory of the server for each of 10,000 connections that say nothing',
  durable: 'one pair, every message kept before it is confirmed, and acknowledged: 500 and 1 in flight',
  jitter: '2,000 clients, each cut every 15 s for 2 s, and messages for all: time until they have what they missed',
  inbox: '10 messages for each of 100,000 clients that are away: rate, memory, disk, time to fetch them',
  'slow-reader': 'what one of 100 receivers does to the others when it stops reading, and to the memory of the server',
} as const

/** The name of a benchmark. */
export type BenchmarkName = keyof typeof benchmarks

interface Contender {
  readonly label: string
  readonly server: ServerName
  readonly language: LanguageName
}

/** Files that a process has open besides its connections. */
const spareFiles = 200

const contenders: readonly Contender[] = [
  { label: 'ws relay', server: 'relay', language: 'relay' },
  { label: 'Posthouse, JSON', server: 'hub', language: 'posthouse-json' },
  { label: 'Posthouse, MessagePack', server: 'hub', language: 'posthouse-msgpack' },
  { label: 'Socket.IO', server: 'socket.io', language: 'socket.io' },
  { label: 'NATS', server: 'nats', language: 'nats' },
  { label: 'Mosquitto', server: 'mosquitto', language: 'mqtt' },
]
/** What keeps messages, each as its language says. `NATS` and `Mosquitto` write to disk now and then. */
const hubs: readonly Contender[] = (['memory', 'process', 'disk'] as const).map((durability) => ({
  label: `Posthouse, ${durability}`,
  server: `hub-${durability}`,
  language: 'posthouse-json',
}))
const keepers: readonly Contender[] = [
  { label: 'ws and SQLite', server: 'reference', language: 'relay' },
  ...hubs,
  { label: 'NATS JetStream', server: 'jetstream', language: 'nats' },
  { label: 'Mosquitto, qos 1', server: 'mosquitto-kept', language: 'mqtt' },
]
/** Only where throughput counts: clients that put what waits into one WebSocket message. */
const arrays: Contender = { label: 'Posthouse, JSON arrays of 16', server: 'hub', language: 'posthouse-arrays' }

/** What a benchmark consists of. */
export function planOf(name: BenchmarkName): readonly Case[] {
  switch (name) {
    case 'unicast':
      return [
        ...unicast('1 pair', 1, 2000, [...contenders, arrays]),
        ...unicast('50 pairs', 50, 128, [...contenders, arrays]),
        library('ws relay, ws client', 'relay', 'ws'),
        library('Posthouse, HubClient, qos 0', 'hub', 'posthouse'),
        library('Posthouse, HubClient, qos 1', 'hub', 'posthouse-qos1'),
        library('Posthouse, HubClient, calls', 'hub', 'posthouse-calls'),
      ]
    case 'fanout':
      return all('1,000 receivers', { kind: 'fanout', receivers: 1000, inFlight: 20 })
    case 'latency':
      return all('5,000 messages in a second', { kind: 'latency', perSecond: 5000 })
    case 'idle':
      return idle(10_000)
    case 'durable':
      return [500, 1].flatMap((inFlight) => all(`${inFlight} in flight`, { kind: 'durable', inFlight }, keepers))
    case 'jitter':
      return [false, true].flatMap(jitter)
    case 'inbox':
      return all('100,000 clients', { kind: 'inbox', clients: 100_000, messages: 10 }, hubs)
    case 'slow-reader':
      return [
        ...all('all read', { kind: 'slow-reader', receivers: 100, perSecond: 250, reads: true }),
        ...all('one does not', { kind: 'slow-reader', receivers: 100, perSecond: 250, reads: false }),
      ]
  }
}

function all(group: string, work: Work, of = contenders): readonly Case[] {
  return of.map((contender) => ({ ...contender, group, work }))
}

/** As many connections as this computer lets one process have, but no more than are wanted. */
function idle(wanted: number): readonly Case[] {
  const connections = Math.min(wanted, mostOpenFiles() - spareFiles)
  const limited = connections < wanted ? ' (all that the limit of open files leaves)' : ''
  const group = `${connections.toLocaleString('en-US')} connections${limited}`
  return all(group, { kind: 'idle', connections })
}

/** What Node raises its limit of open files to by itself: the hard one. Linux tells it, others are not asked. */
function mostOpenFiles(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(limits)?.[1] ?? Number.MAX_SAFE_INTEGER)
  } catch {
    return Number.MAX_SAFE_INTEGER
  }
}

function unicast(group: string, pairs: number, inFlight: number, of: readonly Contender[]): readonly Case[] {
  return of.map((contender) => ({ ...contender, group, work: { kind: 'unicast', pairs, inFlight } }))
}

/** What a hub has in memory does not outlive it. */
function jitter(restart: boolean): readonly Case[] {
  const group = `2,000 clients${restart ? ', kill -9 halfway' : ''}`
  const able = hubs.filter(({ server }) => !restart || server !== 'hub-memory')
  return all(group, { kind: 'jitter', clients: 2000, perSecond: 2, restart }, able)
}

function library(label: string, server: ServerName, name: LibraryName): Case {
  const language = server === 'relay' ? 'relay' : 'posthouse-json'
  // A hub carries at most 256 calls of one client at a time.
  const inFlight = name === 'posthouse-calls' ? 200 : 512
  return { label, group: 'libraries', server, language, work: { kind: 'library', library: name, inFlight } }
}
