import { PosthouseError } from '@posthouse/core'
import { type Limits, Outbox, type OutboxEntry, type OutboxLimits } from '@posthouse/protocol'
import { Waiter } from '../waiter.ts'

/** What became of a sent message. */
export interface SendResult {
  readonly id: string
  /**
   * `stored`: the hub keeps it, as safely as `welcome.durability` says. `duplicate`: it had it already. `sent`: it was
   * written to the connection, which is all there is to know of it.
   */
  readonly state: 'stored' | 'duplicate' | 'sent'
}

interface Sender {
  readonly id: string
  readonly waiter: Waiter<SendResult>
  written: boolean
}

/** The outbox, and those who wait for their messages in it. */
export class PendingSends {
  readonly #outbox: Outbox
  readonly #senders = new Map<number, Sender>()
  readonly #withdrawn: () => void

  /** @param withdrawn told when a caller has taken back a message. */
  constructor(limits: OutboxLimits, withdrawn: () => void) {
    this.#outbox = new Outbox(limits)
    this.#withdrawn = withdrawn
  }

  get size(): number {
    return this.#outbox.size
  }

  /** The next free `n`. */
  next(): number {
    return this.#outbox.next()
  }

  /**
   * Keeps a message until the hub has answered. The signal takes it out again while it was never written.
   * @throws PosthouseError `outbox_full`, `aborted`
   */
  add(entry: OutboxEntry, id: string, signal?: AbortSignal): Promise<SendResult> {
    this.#outbox.assertRoom(entry.bytes)
    const { n } = entry
    const waiter = new Waiter<SendResult>(signal, () => this.#withdraw(n))
    this.#senders.set(n, { id, waiter, written: false })
    this.#outbox.push(entry)
    return waiter.promise
  }

  /** A new connection begins: everything unanswered goes out again. */
  restart(): void {
    this.#outbox.restart()
  }

  /** What may be written now. What the hub would close the connection for is refused here. */
  take(limits: Pick<Limits, 'inFlight' | 'frameBytes'>): readonly OutboxEntry[] {
    const ready: OutboxEntry[] = []
    for (const entry of this.#outbox.take(limits.inFlight)) {
      const sender = this.#senders.get(entry.n)
      if (entry.bytes > limits.frameBytes) this.refuse(entry.n, tooLarge(entry.bytes, limits.frameBytes))
      else ready.push(entry)
      if (sender !== undefined) sender.written = true
    }
    return ready
  }

  /** Everything up to `n` that is unanswered was accepted. */
  confirm(n: number, state: SendResult['state']): void {
    for (const entry of this.#outbox.settle(n, 'upTo')) {
      const sender = this.#forget(entry.n)
      sender?.waiter.resolve({ id: sender.id, state })
    }
  }

  refuse(n: number, error: PosthouseError): void {
    for (const entry of this.#outbox.settle(n, 'only')) this.#forget(entry.n)?.waiter.reject(error)
  }

  /** Nothing will be sent any more. */
  refuseAll(error: PosthouseError): void {
    this.#outbox.clear()
    for (const { waiter } of this.#senders.values()) waiter.reject(error)
    this.#senders.clear()
  }

  #withdraw(n: number): void {
    // What was written may have been accepted: it stays until the hub has answered, so that the order of n holds.
    if (this.#senders.get(n)?.written === false) this.#outbox.withdraw(n)
    this.#senders.delete(n)
    this.#withdrawn()
  }

  #forget(n: number): Sender | undefined {
    const sender = this.#senders.get(n)
    this.#senders.delete(n)
    return sender
  }
}

/** The refusal of a frame that no WebSocket message can hold. */
export function tooLarge(bytes: number, most: number): PosthouseError {
  return new PosthouseError(
    'frame_too_large',
    `the message takes ${bytes} bytes on the wire; the hub reads at most ${most}`,
  )
}
