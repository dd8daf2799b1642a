import { Message, messageMatcher } from '@posthouse/core'
import type { Done, GivingBack } from '@posthouse/protocol'
import { isFileMessage } from '../files/file-reference.ts'
import type { Downloader } from '../files/received.ts'
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

/** What runs a handler that acknowledges itself, whose failure is a reason to try again, or that wants files to be there. */
export function byHand(handler: MessageHandler, options: ListenerOptions, client: Downloader): Work['handler'] {
  const { acknowledge, retry, from } = options
  const isFrom = messageMatcher({ ...(from !== undefined && { from }) })
  const manual = acknowledge === 'manual'
  const run = async (message: Message, end: Done): Promise<void> => {
    const ready = isFileMessage(message) ? await withFile(message, options, client) : message
    await handler(manual ? manualMessage(ready, end) : ready)
  }
  return async (message, done) => {
    const end = once(done)
    try {
      if (isFrom(message)) await run(message, end)
      else end()
      if (!manual) end()
    } catch (error) {
      if (retry || !manual) end(retry ? {} : undefined)
      throw error
    }
  }
}

/** The message once its file is there. A failure is a reason to try again where the listener wants that, and told in any case. */
async function withFile(message: Message, options: ListenerOptions, client: Downloader): Promise<Message> {
  const { received } = await import('../files/received.ts')
  const ready = await received(message, options, client)
  if (ready.downloadError && options.retry) throw ready.downloadError
  return ready
}

function manualMessage(message: Message, end: Done): ManualMessage {
  const actions: Pick<ManualMessage, 'ack' | 'nack'> = {
    ack: () => end(),
    nack: ({ delayMs } = {}) => end(delayMs === undefined ? {} : { delayMs }),
  }
  return Object.assign(new Message(message), { ...message }, actions)
}

function once(done: Done): Done {
  let ended = false
  return (back?: GivingBack) => {
    if (ended) return
    ended = true
    done(back)
  }
}
