import { Message } from '@posthouse/core'
import type { Done, GivingBack } from '@posthouse/protocol'
import type { MessageHandler, Work } from './listener.ts'
import type { ListenerOptions } from './listeners.ts'

/** A message that its handler acknowledges. Only the first call of `ack` or `nack` counts. */
export interface ManualMessage<Body = unknown> extends Message<Body> {
  /** The message was processed. */
  ack(): void
  /**
   * The message could not be processed, and is to come again later. One that was sent with qos 0 does not come again. Spec: 4.5
   */
  nack(options?: NackOptions): void
}

/** Called with each message, one at a time; has them acknowledged or given back at any time. */
export type ManualHandler = (message: ManualMessage) => unknown

/** How a message is given back. */
export interface NackOptions {
  /** When it comes again, in milliseconds, a day at most. Default: about a second, longer after each further attempt. */
  readonly delayMs?: number
}

/** What runs a handler that acknowledges itself, or whose failure is a reason to try again. */
export function byHand(handler: MessageHandler, { acknowledge, retry }: ListenerOptions): Work['handler'] {
  return async (message, done) => {
    const end = once(done)
    const manual = acknowledge === 'manual'
    try {
      await handler(manual ? manualMessage(message, end) : message)
      if (!manual) end()
    } catch (error) {
      if (retry) end({})
      throw error
    }
  }
}

function manualMessage(message: Message, end: Done): ManualMessage {
  const actions: Pick<ManualMessage, 'ack' | 'nack'> = {
    ack: () => end(),
    nack: ({ delayMs } = {}) => end(delayMs === undefined ? {} : { delayMs }),
  }
  return Object.assign(new Message(message), actions)
}

function once(done: Done): Done {
  let ended = false
  return (back?: GivingBack) => {
    if (ended) return
    ended = true
    done(back)
  }
}
