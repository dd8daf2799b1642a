import type { CatalogueName } from './catalogue.ts'
import type { Result } from './results.ts'
import { spreadOf, type Table } from './table.ts'

/** What a benchmark is to come to. */
export interface Target {
  readonly aim: string
  readonly benchmark: CatalogueName
  /** The label of a line … */
  readonly line: string
  /** … and the title of a column. */
  readonly column: string
  /** The line by whose median it is divided, in the same column. */
  readonly over?: string
  /** The line whose median is taken off, in the same column. */
  readonly above?: string
  /** What it must be at least … */
  readonly least?: number
  /** … or at most. */
  readonly most?: number
}

/** All that is aimed at. */
export const targets: readonly Target[] = [
  {
    aim: 'a message of one of 50 pairs: 3 x the rate of the least relay on ws',
    ...{ benchmark: 'unicast', line: '50 pairs: Posthouse, JSON', column: 'x relay', least: 3 },
  },
  {
    aim: 'the same: 4 x the rate of Socket.IO',
    ...{ benchmark: 'unicast', line: '50 pairs: Posthouse, JSON', column: 'messages/s', least: 4 },
    over: '50 pairs: Socket.IO',
  },
  {
    aim: 'through our client library on both ends: 2 x the ws client',
    ...{ benchmark: 'unicast', line: 'libraries: Posthouse, HubClient, qos 0', column: 'x relay', least: 2 },
  },
  {
    aim: 'fan-out to 1,000 receivers: 8 x Socket.IO',
    ...{ benchmark: 'fanout', line: '1,000 receivers: Posthouse, JSON', column: 'deliveries/s', least: 8 },
    over: '1,000 receivers: Socket.IO',
  },
  {
    aim: 'latency at 5,000 messages in a second: p99 at most 1.5 x the relay',
    ...{ benchmark: 'latency', line: '5,000 messages in a second: Posthouse, JSON', column: 'p99 x relay', most: 1.5 },
  },
  {
    aim: 'memory of the server for each of 10,000 idle connections: at most 12 KB',
    ...{ benchmark: 'idle', line: '10,000 connections: Posthouse, JSON', column: 'KB each after 5 s', most: 12 },
  },
  {
    aim: 'a slow reader among 100: the p99 of the others within 10 %',
    ...{ benchmark: 'slow-reader', line: 'one does not: Posthouse, JSON', column: 'p99 x all read', most: 1.1 },
  },
  {
    aim: 'durable on the disk, 500 in flight: 60,000 messages/s',
    ...{ benchmark: 'durable', line: '500 in flight: Posthouse, disk', column: 'messages/s', least: 60_000 },
  },
  {
    aim: 'durable on the disk, 1 in flight: within 20 % of a bare loop on ws and SQLite',
    ...{ benchmark: 'durable', line: '1 in flight: Posthouse, disk', column: 'x ws and SQLite', least: 0.8 },
  },
  {
    aim: '2,000 clients that are cut every 15 s: p99 of replay at most 3 s',
    ...{ benchmark: 'jitter', line: '2,000 clients: Posthouse, disk', column: 'replay p99 us', most: 3e6 },
  },
  {
    aim: 'the same, with the hub killed halfway',
    ...{ benchmark: 'jitter', line: '2,000 clients, kill -9 halfway: Posthouse, disk', column: 'replay p99 us' },
    most: 3e6,
  },
  {
    aim: '10 messages of 300 bytes for a client that is away: at most 5 KB on the disk',
    ...{ benchmark: 'inbox', line: '100,000 clients: Posthouse, disk', column: 'KB on disk for an inbox', most: 5 },
  },
  {
    aim: 'a request by the default pipeline: at most 1.5 x the CPU of undici.request',
    ...{ benchmark: 'http-client', line: 'Posthouse, default pipeline', column: 'x undici.request', most: 1.5 },
  },
  {
    aim: 'the same, at most a third of the CPU of got',
    ...{ benchmark: 'http-client', line: 'Posthouse, default pipeline', column: 'x got', most: 1 / 3 },
  },
  {
    aim: 'requests logged to a file: at most 1.5 x the CPU of undici.request',
    ...{ benchmark: 'http-client', line: 'Posthouse, requests logged to a file', column: 'x undici.request' },
    most: 1.5,
  },
  {
    aim: '10,000 requests keep memory flat: at most 512 KB more heap',
    ...{ benchmark: 'http-client', line: 'Posthouse, default pipeline', column: 'heap grown KB', most: 512 },
  },
  {
    aim: 'a line of JSON to a file: at most 1.3 x the time of pino',
    ...{ benchmark: 'log', line: 'file, each line at once: Posthouse, JSON', column: 'x pino', most: 1.3 },
  },
  {
    aim: 'a line of text to a file: at most 1.3 x the time of pino',
    ...{ benchmark: 'log', line: 'file, each line at once: Posthouse, text', column: 'x pino', most: 1.3 },
  },
  {
    aim: 'a POST checked by JSON Schema: at most 8 us of CPU above bare Fastify',
    ...{ benchmark: 'web', line: 'Posthouse, JSON Schema', column: 'above Fastify', most: 8 },
  },
  {
    aim: 'a POST checked by Zod: at most 8 us of CPU above bare Fastify',
    ...{ benchmark: 'web', line: 'Posthouse, Zod', column: 'above Fastify', most: 8 },
  },
  {
    aim: 'an app of 200 endpoints answers first within 500 ms, without the loading of modules',
    ...{ benchmark: 'web', line: 'an app of 200 endpoints: from there to its first answer', column: 'ms', most: 500 },
  },
  {
    aim: 'a text said back: at most 1.2 x the CPU of bare ws',
    ...{ benchmark: 'web-socket', line: 'Posthouse, a loop', column: 'x ws', most: 1.2 },
  },
  {
    aim: 'a large file there and back: at least 0.6 x plain streams',
    ...{ benchmark: 'files', line: '1024 MiB: Posthouse', column: 'x plain', least: 0.6 },
  },
  {
    aim: 'memory of the hub meanwhile: at most 200 MiB',
    ...{ benchmark: 'files', line: 'the hub, at most, with the large file', column: 'MiB', most: 200 },
  },
  {
    aim: 'a folder of small files: sent at 500 files/s',
    ...{ benchmark: 'files', line: 'a folder of 10000 files of 4 KB: sent', column: 'files/s', least: 500 },
  },
  {
    aim: 'the same, fetched at 500 files/s',
    ...{ benchmark: 'files', line: 'a folder of 10000 files of 4 KB: fetched', column: 'files/s', least: 500 },
  },
  {
    aim: 'calls over Socket.IO, 64 under way: 0.8 x the rate of emitWithAck',
    ...{ benchmark: 'calls', line: '64 under way: Posthouse, Socket.IO', column: 'x emitWithAck', least: 0.8 },
  },
  {
    aim: 'calls over the hub, 64 under way: 1.5 x the rate of emitWithAck',
    ...{ benchmark: 'calls', line: '64 under way: Posthouse, hub', column: 'x emitWithAck', least: 1.5 },
  },
  {
    aim: 'calls over HTTP, 64 under way: at most 15 us of CPU above a POST of bare Fastify',
    ...{ benchmark: 'calls', line: '64 under way: Posthouse, HTTP', column: 'server CPU us a call', most: 15 },
    above: '64 under way: Fastify POST',
  },
]

/** What became of a target in a run; nothing where it was not measured. */
export interface Verdict {
  readonly value: number
  readonly met: boolean
}

/** Holds what was measured against a target. */
export function verdictOf(target: Target, { tables }: Pick<Result, 'tables'>): Verdict | undefined {
  const { line, column, over, above, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = target
  const median = (label: string): number => {
    const found = tables.flatMap((table) => cellsOf(table, label, column))
    return spreadOf(found)?.median ?? Number.NaN
  }
  const value = median(line) / (over === undefined ? 1 : median(over)) - (above === undefined ? 0 : median(above))
  return Number.isNaN(value) ? undefined : { value, met: value >= least && value <= most }
}

function cellsOf({ columns, lines }: Table, label: string, column: string): readonly number[] {
  const at = columns.findIndex(({ title }) => title === column)
  return lines.find((line) => line.label === label)?.cells[at] ?? []
}
