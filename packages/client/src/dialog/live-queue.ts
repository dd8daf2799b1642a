import { PosthouseError } from '@posthouse/core'
import type { Encoded } from '@posthouse/protocol'
import { Waiter } from '../waiter.ts'
import type { SendResult } from './pending-sends.ts'

interface Entry extends Encoded {
  readonly written?: () => void
  readonly refused?: (error: PosthouseError) => void
}

/** How a live message is added. */
export interface LiveOptions {
  readonly id: string
  readonly signal: AbortSignal | undefined
  /** Bytes that wait in the socket already. */
  readonly buffered: number
}

/** What goes out at the end of this tick, on this connection or never. */
export class LiveQueue {
  readonly #maxBytes: number
  #entries: Entry[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#entries.length
  }

  /** @throws PosthouseError `outbox_full` */
  assertRoom(bytes: number): void {
    if (this.#bytes + bytes <= this.#maxBytes) return
    throw new PosthouseError('outbox_full', `more than ${this.#maxBytes} bytes would wait for the network`)
  }

  /** Adds a frame of the protocol itself. */
  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /**
   * Adds a live message; its promise resolves when it has been taken.
   * @throws PosthouseError `outbox_full`, `aborted`
   */
  add(encoded: Encoded, { id, signal, buffered }: LiveOptions): Promise<SendResult> {
    this.assertRoom(encoded.bytes + buffered)
    const waiter = new Waiter<SendResult>(signal, () => this.#remove(entry))
    const entry: Entry = {
      ...encoded,
      written: () => waiter.resolve({ id, state: 'sent' }),
      refused: (error) => waiter.reject(error),
    }
    this.push(entry)
    return waiter.promise
  }

  take(): readonly Encoded[] {
    const entries = this.#entries
    this.#entries = []
    this.#bytes = 0
    for (const entry of entries) entry.written?.()
    return entries
  }

  refuseAll(error: PosthouseError): void {
    const entries = this.#entries
    this.#entries = []
    this.#bytes = 0
    for (const entry of entries) entry.refused?.(error)
  }

  #remove(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry)
    this.#bytes -= entry.bytes
  }
}
