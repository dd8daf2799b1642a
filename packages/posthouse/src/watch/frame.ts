import type { ClientInfo } from '@posthouse/client'
import type { HubStats, PeerStats } from '@posthouse/hub'
import { visible } from '../terminal.ts'
import { type Column, cut, grid } from './grid.ts'
import { bytes, short, span } from './quantity.ts'
import { Interval, type PeerRates } from './rates.ts'

/** How much a terminal shows. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

interface PeerRow {
  readonly peer: PeerStats
  readonly rates: PeerRates | undefined
}

/** The hub in a few lines and its clients in a table, the busiest first, in lines that fit. */
export function renderStats(now: HubStats, before: HubStats | undefined, size: Size): readonly string[] {
  const interval = Interval.between(now, before)
  const head = hubLines(now, interval).map((line) => cut(line, size.columns))
  const rows = (now.peers ?? []).map((peer) => ({ peer, rates: interval?.ratesOf(peer) })).sort(byActivity)
  return [...head, '', ...fitted(peerColumns(now.startedAt + now.uptimeMs), rows, below(size, head.length + 1))]
}

/** What can be said of a hub that keeps its numbers to itself: who is there. */
export function renderClients(clients: readonly ClientInfo[], now: number, size: Size): readonly string[] {
  const head = [cut(`${clients.length} client${clients.length === 1 ? ' is' : 's are'} online`, size.columns), '']
  const columns: readonly Column<ClientInfo>[] = [
    { title: 'CLIENT', cell: ({ client }) => client },
    { title: 'DIALECT', cell: ({ dialect }) => dialect ?? '' },
    { title: 'SINCE', numeric: true, cell: ({ since }) => (since ? span(Math.max(0, now - since)) : '') },
  ]
  return [...head, ...fitted(columns, clients, below(size, head.length))]
}

/** The hub in one line, for logs. */
export function statsLine(now: HubStats, before: HubStats | undefined): string {
  const rates = Interval.between(now, before)?.rates
  const { connections, clients, queuedBytes } = now
  const state = `connections=${connections} clients=${clients.online} queued=${bytes(queuedBytes)}`
  if (rates === undefined) return state
  const { messagesIn, messagesOut, bytesIn, bytesOut, refusals, calls } = rates
  const traffic = `in=${short(messagesIn)}/s (${bytes(bytesIn)}/s) out=${short(messagesOut)}/s (${bytes(bytesOut)}/s)`
  return `${state} ${traffic} refused=${short(refusals)}/s calls=${short(calls)}/s`
}

function hubLines(now: HubStats, interval: Interval | undefined): readonly string[] {
  const { node, uptimeMs, connections, clients, queuedBytes } = now
  const who = `${visible(node)}  up ${span(uptimeMs)}  ${connections} connection${connections === 1 ? '' : 's'}  ${clients.online} of ${clients.known} clients`
  const queued = `queued ${bytes(queuedBytes)}`
  if (interval === undefined) return [who, queued]
  const { messagesIn, messagesOut, bytesIn, bytesOut, refusals, calls } = interval.rates
  const flow = `in ${short(messagesIn)} msg/s ${bytes(bytesIn)}/s  out ${short(messagesOut)} msg/s ${bytes(bytesOut)}/s`
  return [who, `${flow}  ${queued}  refused ${short(refusals)}/s  calls ${short(calls)}/s`]
}

function byActivity(a: PeerRow, b: PeerRow): number {
  const rate = ({ rates }: PeerRow): number => (rates === undefined ? 0 : rates.in + rates.out)
  const total = ({ peer }: PeerRow): number => peer.received + peer.delivered
  return rate(b) - rate(a) || total(b) - total(a)
}

function peerColumns(now: number): readonly Column<PeerRow>[] {
  const numeric = true
  return [
    { title: 'CLIENT', cell: ({ peer }) => peer.client },
    { title: 'IN/s', numeric, cell: ({ rates }) => (rates ? short(rates.in) : '') },
    { title: 'OUT/s', numeric, cell: ({ rates }) => (rates ? short(rates.out) : '') },
    { title: 'UNACKED', numeric, cell: ({ peer }) => short(peer.unacknowledged) },
    { title: 'INBOX', numeric, cell: ({ peer }) => short(peer.inbox.messages) },
    { title: 'STORED', numeric, cell: ({ peer }) => bytes(peer.inbox.bytes) },
    { title: 'QUEUED', numeric, cell: ({ peer }) => bytes(peer.queuedBytes) },
    { title: 'SINCE', numeric, cell: ({ peer }) => span(Math.max(0, now - peer.since)) },
    { title: 'DIALECT', cell: ({ peer }) => peer.dialect },
  ]
}

function below({ columns, rows }: Size, lines: number): Size {
  return { columns, rows: rows - lines }
}

/** As many rows as there is room for, and how many there are more. */
function fitted<Row>(columns: readonly Column<Row>[], rows: readonly Row[], size: Size): readonly string[] {
  const room = Math.max(0, size.rows - 1)
  const shown = rows.length <= room ? rows : rows.slice(0, Math.max(0, room - 1))
  const lines = grid(columns, shown, size.columns)
  const more = rows.length - shown.length
  return more === 0 ? lines : [...lines, cut(`… and ${more} more`, size.columns)]
}
