import type { Message } from '@posthouse/core'
import type { MessageHandler } from './listener.ts'

/**
 * The messages of one listener, for `for await`. A message is done when the next one is asked for, or when the loop ends.
 */
export interface MessageStream extends AsyncIterableIterator<Message, undefined>, AsyncDisposable {
  next(): Promise<IteratorResult<Message, undefined>>
  return(): Promise<IteratorResult<Message, undefined>>
  /** Ends it; whoever waits is told that there is nothing more. */
  end(): void
}

/**
 * @param listen adds the listener behind the stream.
 * @param living what ends each of the streams that have not ended.
 */
export function messageStream(
  listen: (handler: MessageHandler) => Disposable,
  living: Set<() => void>,
  signal?: AbortSignal,
): MessageStream {
  const buffer = import('./stream-buffer.ts').then(({ StreamBuffer }) => new StreamBuffer())
  const listener = listen(async (message) => (await buffer).offer(message))
  const end = (): void => {
    signal?.removeEventListener('abort', end)
    living.delete(end)
    listener[Symbol.dispose]()
    buffer.then(
      (loaded) => loaded.end(),
      () => undefined,
    )
  }
  living.add(end)
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  const stream: MessageStream = {
    next: async () => (await buffer).next(),
    return: () => {
      end()
      return stream.next()
    },
    end,
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => end(),
  }
  return stream
}
