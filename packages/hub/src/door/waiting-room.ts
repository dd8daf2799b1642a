import { PosthouseError } from '@posthouse/core'
import type { Limits } from '@posthouse/protocol'

/** What one message costs besides its bytes, roughly. */
const overheadBytes = 128

/** Keeps the messages of a client while it is being asked who it is. Spec: 3.1.3. */
export class WaitingRoom {
  readonly #maxBytes: number
  #messages: (readonly [data: Uint8Array, binary: boolean])[] = []
  #bytes = 0

  constructor({ frameBytes }: Pick<Limits, 'frameBytes'>) {
    this.#maxBytes = frameBytes
  }

  /** @throws PosthouseError `window_exceeded` */
  add(data: Uint8Array, binary: boolean): void {
    this.#bytes += data.byteLength + overheadBytes
    if (this.#bytes > this.#maxBytes) {
      this.#messages = []
      throw new PosthouseError('window_exceeded', 'too much came before this client was known')
    }
    // A copy: a short message may lie in a piece of memory that is much longer.
    this.#messages.push([new Uint8Array(data), binary])
  }

  /** Takes all that is kept, in its order. */
  leave(): (readonly [data: Uint8Array, binary: boolean])[] {
    const messages = this.#messages
    this.#messages = []
    return messages
  }
}
