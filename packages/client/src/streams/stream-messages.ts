import type { Message } from '@posthouse/core'
import type { DeliverFrame } from '@posthouse/protocol'
import { messageOf } from '../dialog/message-of.ts'

/** A message of a channel. */
export interface ChannelMessage<Body = unknown> extends Message<Body> {
  /** Name of the channel. */
  readonly channel: string
  /** Its position in the stream of channels; absent where it was sent with qos 0, or is retained. */
  readonly seq?: number
  /** True for the value that the channel has kept: it was sent before. */
  readonly retained: boolean
}

/** A message of a queue. */
export interface QueueMessage<Body = unknown> extends Message<Body> {
  /** Name of the queue. */
  readonly queue: string
}

/** Called with each message of the channels, one at a time; the message is done when what it returns has resolved. */
export type ChannelHandler = (message: ChannelMessage) => unknown

/** Called with each message of the queue, with as many at the same time as `prefetch` says. */
export type QueueHandler = (message: QueueMessage) => unknown

/** The message of a channel that a delivery carries. */
export function channelMessage(frame: DeliverFrame): ChannelMessage {
  const { to, seq, retained = false } = frame
  const place = { channel: nameOf(to), retained: retained === true, ...(seq !== undefined && { seq }) }
  return Object.assign(messageOf(frame), place)
}

/** The message of a queue that a delivery carries. */
export function queueMessage(frame: DeliverFrame): QueueMessage {
  return Object.assign(messageOf(frame), { queue: nameOf(frame.to) })
}

/** The name in an address. */
export function nameOf(address: string): string {
  return address.slice(address.indexOf(':') + 1)
}
