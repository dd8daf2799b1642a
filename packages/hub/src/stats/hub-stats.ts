import type { InboxStore } from '@posthouse/core'
import type { Dialect } from '@posthouse/protocol'
import type { ClientRecord } from '../clients/client-record.ts'
import type { HubParts } from '../hub-parts.ts'
import type { Link } from '../peers/link.ts'
import { hubVersion } from '../version.ts'
import { Histogram, type HistogramStats } from './histogram.ts'
import { Labelled } from './labelled.ts'
import type { Tally } from './tally.ts'

/** What to tell besides the sums. */
export interface StatsOptions {
  /** How many of the busiest connected clients to list, at most 500. Default 0. */
  readonly peers?: number
}

/** One connected client in numbers. */
export interface PeerStats {
  readonly client: string
  readonly dialect: Dialect
  /** When it logged in, in Unix milliseconds. */
  readonly since: number
  /** Messages that came from it since the hub knows it. */
  readonly received: number
  /** Messages that went to it since the hub knows it, repetitions included. */
  readonly delivered: number
  /** Bytes that wait for it to read them; ids that share a connection share them. */
  readonly queuedBytes: number
  /** Stored messages that it was sent and has not acknowledged. */
  readonly unacknowledged: number
  /** What is stored for it, `unacknowledged` included. */
  readonly inbox: { readonly messages: number; readonly bytes: number }
}

/** A hub in numbers. Plain data that can be written as JSON. */
export interface HubStats {
  /** Name of the hub in presence. */
  readonly node: string
  /** Of `@posthouse/hub`. */
  readonly version: string
  /** When the hub was made, in Unix milliseconds. */
  readonly startedAt: number
  readonly uptimeMs: number
  /** Connections now, logged in or not. */
  readonly connections: number
  /** Client ids: those that are there, and those that the hub remembers, these included. */
  readonly clients: { readonly online: number; readonly known: number }
  /** Clients that are connected, by the dialect that they speak; one that nobody speaks is absent. */
  readonly dialects: Readonly<Partial<Record<Dialect, number>>>
  /** Bytes that wait for clients to read them. */
  readonly queuedBytes: number
  /**
   * What was counted since the hub was made. Each name is a field of `Tally`, with a label behind a dot where it has
   * some: `framesReceived`, `refused.inbox_full`, `disconnects.4000`. A label that never came is absent.
   */
  readonly counters: Readonly<Record<string, number>>
  readonly histograms: Readonly<Record<string, HistogramStats>>
  /** The busiest connected clients, where they were asked for. */
  readonly peers?: readonly PeerStats[]
}

/** Most clients that are listed at once. */
const maxPeers = 500

/** What only the hub itself knows. */
export type HubFacts = Pick<HubStats, 'node' | 'startedAt' | 'uptimeMs' | 'connections' | 'queuedBytes'>

/** Puts together what a hub has counted. */
export async function gatherStats(parts: HubParts, facts: HubFacts, options: StatsOptions): Promise<HubStats> {
  const linked: ClientRecord[] = []
  let known = 0
  let online = 0
  for (const record of parts.registry.all()) {
    known++
    if (record.online) online++
    if (record.link !== undefined) linked.push(record)
  }
  const { peers = 0 } = options
  const clients = { online, known }
  const sums = { ...facts, version: hubVersion, clients, dialects: dialectsOf(linked), ...readings(parts.tally) }
  return peers > 0 ? { ...sums, peers: await busiest(linked, Math.min(peers, maxPeers), parts) } : sums
}

function dialectsOf(linked: readonly ClientRecord[]): HubStats['dialects'] {
  const dialects: Partial<Record<Dialect, number>> = {}
  for (const { link } of linked) if (link !== undefined) dialects[link.dialect] = (dialects[link.dialect] ?? 0) + 1
  return dialects
}

function readings(tally: Tally): Pick<HubStats, 'counters' | 'histograms'> {
  const counters: Record<string, number> = {}
  const histograms: Record<string, HistogramStats> = {}
  for (const [name, value] of Object.entries<number | Labelled | Histogram>({ ...tally })) {
    if (value instanceof Histogram) histograms[name] = value.stats()
    else if (value instanceof Labelled)
      for (const [label, count] of value.entries()) counters[`${name}.${label}`] = count
    else counters[name] = value
  }
  return { counters, histograms }
}

function busiest(linked: ClientRecord[], count: number, parts: HubParts): Promise<PeerStats[]> {
  const traffic = ({ received, delivered }: ClientRecord): number => received + delivered
  const first = linked.sort((a, b) => traffic(b) - traffic(a)).slice(0, count)
  return Promise.all(first.flatMap((record) => (record.link ? peerStats(record, record.link, parts.store) : [])))
}

async function peerStats(record: ClientRecord, link: Link, store: InboxStore): Promise<PeerStats> {
  const { id: client, loginAt: since, received, delivered } = record
  const { dialect, queuedBytes, unacknowledged } = link
  const { messages, bytes } = await store.inspect(client)
  return { client, dialect, since, received, delivered, queuedBytes, unacknowledged, inbox: { messages, bytes } }
}
