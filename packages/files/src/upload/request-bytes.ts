import type { IncomingMessage } from 'node:http'
import { type Clock, PosthouseError } from '@posthouse/core'

/** How long and how large a request's body may be, and who counts it. */
export interface RequestBytesOptions {
  readonly clock: Clock
  /** How long it may be silent, in milliseconds. */
  readonly idleMs: number
  /** Bytes that may come. More end it with `file_too_large`. */
  readonly most: number
  /** Told of each piece, with its size. */
  readonly onBytes: (bytes: number) => void
}

/**
 * The bytes of a request's body. Its connection lives on where they are not all taken, so that the request can be answered.
 * @throws PosthouseError while reading `timeout`, `file_too_large`, `aborted`
 */
export async function* requestBytes(
  request: IncomingMessage,
  { clock, idleMs, most, onBytes }: RequestBytesOptions,
): AsyncGenerator<Uint8Array> {
  let left = most
  let silentSince = clock.elapsed()
  const watch = new SilenceWatch(
    clock,
    idleMs,
    () => silentSince,
    () => {
      request.destroy(new PosthouseError('timeout', `nothing has come for ${idleMs} ms`))
    },
  )
  using _watch = watch
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      left -= chunk.length
      if (left < 0) throw new PosthouseError('file_too_large', `no more than ${most} bytes are expected here`)
      onBytes(chunk.length)
      yield chunk
      silentSince = clock.elapsed()
    }
  } catch (error) {
    if (error instanceof PosthouseError) throw error
    throw new PosthouseError('aborted', 'the connection was lost in the middle of a request', { cause: error })
  }
}

/** Looks from time to time how long something has been silent: a timer for each chunk would cost more than the chunk. */
class SilenceWatch implements Disposable {
  #timer: Disposable | undefined

  constructor(clock: Clock, idleMs: number, since: () => number, silent: () => void) {
    if (idleMs === Number.POSITIVE_INFINITY) return
    const look = (inMs: number): void => {
      this.#timer = clock
        .after(inMs, () => {
          const left = since() + idleMs - clock.elapsed()
          if (left <= 0) silent()
          else look(left)
        })
        .unref()
    }
    look(idleMs)
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
  }
}
