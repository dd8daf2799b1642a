import { Message, type MessageFields, type Position } from '@posthouse/core'
import { fromBodyValue, type Gap } from '@posthouse/protocol'
import type { CallDesk } from '../calls/call-desk.ts'
import type { ChannelMessage } from './stream-messages.ts'

/** Which part of a channel's history is wanted. */
export interface HistoryOptions {
  /** What came behind this position. Default: from the start of what is kept. */
  readonly after?: Position
  /** The newest so many. Not with `after`. */
  readonly last?: number
  /** Messages at once, 1 to 1,000. Default 100. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** A part of what a channel keeps. */
export interface History {
  /** The oldest first. The body of one that is too long for an answer is `undefined`. */
  readonly messages: readonly ChannelMessage[]
  /** The `after` of what comes next. */
  readonly position: Position
  /** True while there is more behind `position`. */
  readonly more: boolean
  /** What was asked for and is kept no more. */
  readonly gaps: readonly Gap[]
}

/** What the hub answers. Spec: 4.7.16. */
interface Answer extends Omit<History, 'messages'> {
  readonly entries: readonly (MessageFields & { readonly seq: number })[]
}

/** @throws PosthouseError (later) what `HubClient.history` documents */
export async function askHistory(calls: CallDesk, channel: string, options: HistoryOptions): Promise<History> {
  const { signal, ...rest } = options
  const wish = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const answer = await calls.request('hub', 'history', { channel, ...wish }, { ...(signal && { signal }) })
  // The hub is trusted to answer as the protocol says.
  const { entries, position, more, gaps } = answer as Answer
  return { messages: entries.map((entry) => messageOf(entry, channel)), position, more, gaps }
}

function messageOf(entry: Answer['entries'][number], channel: string): ChannelMessage {
  const { seq, type, body } = entry
  const message = new Message({ ...entry, body: body === undefined ? body : fromBodyValue(type, body) })
  return Object.assign(message, { channel, seq, retained: false })
}
