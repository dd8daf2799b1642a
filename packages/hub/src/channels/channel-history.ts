import { type InboxStore, isPosthouseError, type Position, PosthouseError, type StoredEnvelope } from '@posthouse/core'
import type { Gap, SubscribeFrame } from '@posthouse/protocol'
import { encodeBody } from '@posthouse/protocol/bodies'
import { contentOf, type MessageContent, type MessageSummary, summaryOf } from '../delivery/message-summary.ts'
import { beginningOf } from './beginning.ts'
import { partsOfName, readChannelPattern } from './channel-pattern.ts'
import type { Channels } from './channels.ts'

const usualListed = 100
const mostListed = 1000
/** What an answer takes besides its entries, in bytes. */
const reservedBytes = 4096

/** Which part of a channel's history is wanted. */
export interface HistoryQuery {
  /** Name of the channel. */
  readonly channel: string
  /** What comes behind this position. Default: from the start. */
  readonly after?: Position
  /** The newest so many, at most 1,000; not beside `after`. */
  readonly last?: number
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

/** A message of a channel's history; without its content where that is too long for an answer. */
export type HistoryEntry = MessageSummary & Partial<MessageContent>

/** A page of a channel's history. */
export interface HistoryPage {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[]
  /** Where to go on: `after` of the next page. */
  readonly position: Position
  /** Whether there is more now. */
  readonly more: boolean
  /** What is not kept any more behind `after`. */
  readonly gaps: readonly Gap[]
}

/** What the history of channels is told with. */
export interface ChannelHistoryOptions {
  readonly channels: Channels
  readonly store: InboxStore
  /** Bytes of one answer. */
  readonly bodyBytes: number
}

/**
 * A page of what was published in a channel, as far as it is kept.
 * @throws PosthouseError `invalid_address`, `invalid_option`
 */
export async function channelHistory(options: ChannelHistoryOptions, query: HistoryQuery): Promise<HistoryPage> {
  const { channels, store, bodyBytes } = options
  const { channel, after, last, limit = usualListed } = query
  if (after !== undefined && last !== undefined) throw invalid('after and last do not go together')
  if (!isCount(limit, mostListed) || !isCount(last ?? 1, mostListed)) {
    throw invalid(`limit and last must be whole numbers from 1 to ${mostListed}`)
  }
  const to = `channel:${channel}`
  partsOfName(channel)
  const wanted: Pick<SubscribeFrame, 'to' | 'after' | 'last'> =
    last === undefined ? { to, after: after ?? 'start' } : { to, last }
  const beginning = await beginningOf(wanted, store, channels.query(readChannelPattern(to), true))
  const { epoch, seq: begin, newest } = beginning
  if (channels.terms(channel).hidden) return { entries: [], position: { epoch, seq: newest }, more: false, gaps: [] }
  const page = await store.readLog({ to }, begin, limit)
  const entries = fitting(page.entries, bodyBytes)
  const all = entries.length === page.entries.length
  const seq = all ? Math.max(begin, page.scanned) : (entries.at(-1)?.seq ?? begin)
  const trimmed: readonly Gap[] =
    after !== undefined && page.trimmed > begin && beginning.gaps.length === 0
      ? [{ stream: to, from: begin, to: page.trimmed, reason: 'trimmed' }]
      : []
  const more = !all || entries.length === limit
  return { entries, position: { epoch, seq }, more, gaps: [...beginning.gaps, ...trimmed] }
}

/** As many as fit into one answer, at least one. What fits into none, or cannot be said in it, goes without its content. */
function fitting(stored: readonly StoredEnvelope[], bodyBytes: number): readonly HistoryEntry[] {
  const most = bodyBytes - reservedBytes
  const entries: HistoryEntry[] = []
  let left = most
  for (const each of stored) {
    const { entry, bytes } = entryOf(each, most)
    left -= bytes
    if (left < 0 && entries.length > 0) break
    entries.push(entry)
  }
  return entries
}

function entryOf(stored: StoredEnvelope, most: number): { readonly entry: HistoryEntry; readonly bytes: number } {
  const summary = summaryOf(stored)
  try {
    const entry = { ...summary, ...contentOf(stored.envelope) }
    const bytes = bytesOf(entry)
    if (bytes <= most) return { entry, bytes }
  } catch (error) {
    if (!isPosthouseError(error)) throw error
  }
  return { entry: summary, bytes: bytesOf(summary) }
}

function bytesOf(entry: HistoryEntry): number {
  return encodeBody(entry).bytes.byteLength
}

function isCount(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= most
}

function invalid(message: string): PosthouseError {
  return new PosthouseError('invalid_option', `history: ${message}`)
}
