import { type InboxStore, isPosthouseError, type Position, PosthouseError, type StoredEnvelope } from '@posthouse/core'
import type { Gap, SubscribeFrame } from '@posthouse/protocol'
import { encodeBody } from '@posthouse/protocol/bodies'
import { contentOf, type MessageContent, type MessageSummary, summaryOf } from '../delivery/message-summary.ts'
import { beginningOf } from './beginning.ts'
import { partsOfName, readChannelPattern } from './channel-pattern.ts'
import type { Channels } from './channels.ts'

const usualListed = 100
const mostListed = 1000
/** Messages that are read at once: they may be large, and most of an answer's limit then goes unused. */
const pageSize = 16
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
  const room = new AnswerRoom(bodyBytes - reservedBytes)
  const { scanned, trimmed, full } = await fill(room, { store, to, begin, limit })
  const missing: readonly Gap[] =
    after !== undefined && trimmed > begin && beginning.gaps.length === 0
      ? [{ stream: to, from: begin, to: trimmed, reason: 'trimmed' }]
      : []
  const more = full || room.entries.length === limit
  return { entries: room.entries, position: { epoch, seq: scanned }, more, gaps: [...beginning.gaps, ...missing] }
}

interface Page {
  readonly store: InboxStore
  readonly to: string
  readonly begin: number
  readonly limit: number
}

/** Reads as much as was asked for and fits, and no more: an answer is short, and what is kept may not be. */
async function fill(
  room: AnswerRoom,
  { store, to, begin, limit }: Page,
): Promise<{ readonly scanned: number; readonly trimmed: number; readonly full: boolean }> {
  let scanned = begin
  let trimmed = 0
  for (let more = true; more; ) {
    const wanted = Math.min(pageSize, limit - room.entries.length)
    const page = await store.readLog({ to }, scanned, wanted)
    if (scanned === begin) trimmed = page.trimmed
    // What was trimmed meanwhile, behind what was read, is told as the gap of the next page.
    else if (page.trimmed > Math.max(scanned, trimmed)) return { scanned, trimmed, full: true }
    for (const each of page.entries) {
      if (!room.add(each)) return { scanned, trimmed, full: true }
      scanned = each.seq
    }
    scanned = Math.max(scanned, page.scanned)
    more = page.entries.length === wanted && room.entries.length < limit
  }
  return { scanned, trimmed, full: false }
}

/** As many entries as fit into one answer, at least one. What fits into none, or cannot be said in it, goes without its content. */
class AnswerRoom {
  readonly entries: HistoryEntry[] = []
  readonly #most: number
  #left: number

  constructor(most: number) {
    this.#most = most
    this.#left = most
  }

  /** False where there is no room for it. */
  add(stored: StoredEnvelope): boolean {
    const { entry, bytes } = entryOf(stored, this.#most)
    this.#left -= bytes
    if (this.#left < 0 && this.entries.length > 0) return false
    this.entries.push(entry)
    return true
  }
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
