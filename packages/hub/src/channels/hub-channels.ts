import type { InboxStore } from '@posthouse/core'
import { boundsOf, type PageOptions } from '../page.ts'
import { nameOf } from './channel-pattern.ts'
import type { Channels } from './channels.ts'

/** One channel that holds something, as lists show it. */
export interface ChannelInfo {
  readonly channel: string
  /** What is kept of it. */
  readonly messages: number
  readonly bytes: number
  /** When its newest message was accepted, in Unix milliseconds. */
  readonly ts: number
  /** Subscriptions that it belongs to. */
  readonly subscribers: number
}

/** A page of the channels that hold something, by name, with how many subscriptions there are in all. */
export interface ChannelPage {
  readonly channels: readonly ChannelInfo[]
  readonly more: boolean
  readonly subscriptions: number
}

/** Lists the channels that hold something. */
export async function listChannels(
  { channels, store }: { readonly channels: Channels; readonly store: Pick<InboxStore, 'logs'> },
  options: PageOptions,
): Promise<ChannelPage> {
  const { after, limit } = boundsOf(options)
  const logs = await store.logs('channel', { after: `channel:${after}`, limit: limit + 1 })
  const page = logs.slice(0, limit)
  const infos = page.map(({ to, messages, bytes, ts }): ChannelInfo => {
    const channel = nameOf(to)
    return { channel, messages, bytes, ts, subscribers: channels.subscribers(channel).length }
  })
  return { channels: infos, more: logs.length > limit, subscriptions: channels.size }
}
