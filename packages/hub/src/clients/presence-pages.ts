import type { ClientInfo } from '@posthouse/protocol'
import type { ClientRecord } from './client-record.ts'

/** Some of the clients in an answer. */
export interface Page {
  readonly clients: readonly ClientInfo[]
  /** True in all but the last. */
  readonly more: boolean
}

/** What pages are made with. */
export interface PageOptions {
  /** Name of the hub. */
  readonly node: string
  /** Longest frame that clients read, in bytes. */
  readonly frameBytes: number
}

/** Most clients on one page. */
const pageSize = 1000
/** What a client takes on a page besides its id, state and node, in bytes and at most. */
const baseBytes = 200
/** A UTF-16 code unit takes as much in UTF-8, or with an escape, at most. */
const bytesPerUnit = 3
/** Short fractions take nine bytes in MessagePack and four in JSON, with the comma. */
const growth = 2.25

/** Clients on pages that each fit into a frame; at least one page. Each is made when it is asked for. */
export function* pagesOf(records: readonly ClientRecord[], { node, frameBytes }: PageOptions): Iterable<Page> {
  const budget = frameBytes * 0.75
  let at = 0
  do {
    const clients: ClientInfo[] = []
    let bytes = 0
    for (let record = records[at]; record !== undefined && clients.length < pageSize; record = records[at]) {
      bytes += mostBytes(record, node)
      if (bytes > budget && clients.length > 0) break
      clients.push(infoOf(record, node))
      at++
    }
    yield { clients, more: at < records.length }
  } while (at < records.length)
}

/** One client as others see it. */
export function infoOf(record: ClientRecord, node: string): ClientInfo {
  const { id: client, online, generation, link, lastSeen, loginAt, session } = record
  const base = { client, online, generation, lastSeen, node }
  if (!online || link === undefined) return base
  return { ...base, since: loginAt, dialect: link.dialect, ...(session?.state && { state: session.state.value }) }
}

function mostBytes({ id, session }: ClientRecord, node: string): number {
  const stateBytes = session?.state === undefined ? 0 : session.state.json.length * bytesPerUnit * growth
  return baseBytes + (id.length + node.length) * bytesPerUnit + stateBytes
}
