import { PosthouseError } from '@posthouse/core'
import type { Encoded } from '@posthouse/protocol'
import { Waiter } from '../waiter.ts'
import type { SendResult } from './pending-sends.ts'

/** A live message, and who waits until it was written. */
interface LiveMessage extends Encoded {
  readonly id: string
  readonly waiter: Waiter<SendResult>
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
  #entries: (Encoded | LiveMessage)[] = []
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
    throw new PosthouseError('outbox_full', `the outbox is full: more than ${this.#maxBytes} bytes would wait`)
  }

  /** Adds a frame of the protocol itself. */
  push(entry: Encoded): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /**
   * Adds a live message; its promise resolves when it has been taken.
   * @throws PosthouseError `outbox_full`, `aborted`
   */
  add({ wire, bytes }: Encoded, { id, signal, buffered }: LiveOptions): Promise<SendResult> {
    this.assertRoom(bytes + buffered)
    const waiter = new Waiter<SendResult>(signal, () => this.#remove(entry))
    const entry: LiveMessage = { wire, bytes, id, waiter }
    this.push(entry)
    return waiter.promise
  }

  take(): Encoded[] {
    const entries = this.#clear()
    for (const entry of entries) if ('waiter' in entry) entry.waiter.resolve({ id: entry.id, state: 'sent' })
    return entries
  }

  refuseAll(error: PosthouseError): void {
    for (const entry of this.#clear()) if ('waiter' in entry) entry.waiter.reject(error)
  }

  #clear(): (Encoded | LiveMessage)[] {
    const entries = this.#entries
    this.#entries = []
    this.#bytes = 0
    return entries
  }

  #remove(entry: LiveMessage): void {
    this.#entries = this.#entries.filter((other) => other !== entry)
    this.#bytes -= entry.bytes
  }
}
