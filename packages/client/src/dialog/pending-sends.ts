import { PosthouseError } from '@posthouse/core'
import { type Encoded, type Limits, Outbox, type OutboxEntry, type OutboxLimits } from '@posthouse/protocol'
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

/** Who sends a message. */
interface Caller {
  readonly id: string
  readonly signal: AbortSignal | undefined
}

/** A message that waits to be confirmed, and who waits for that. */
interface Pending extends OutboxEntry {
  readonly id: string
  readonly waiter: Waiter<SendResult>
  /** On any connection. */
  written: boolean
}

/** The outbox, and those who wait for their messages in it. */
export class PendingSends {
  readonly #outbox: Outbox<Pending>
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
   * Keeps a message until the hub has answered. The signal takes it out again while it was never written: what was may
   * have been accepted, and stays until the hub has answered, so that the order of n holds.
   * @throws PosthouseError `outbox_full`, `aborted`
   */
  add(n: number, encoded: Encoded, caller: Caller): Promise<SendResult> {
    const { wire, bytes } = encoded
    this.#outbox.assertRoom(bytes)
    const waiter = new Waiter<SendResult>(caller.signal, () => {
      if (!entry.written) this.#outbox.withdraw(n)
      this.#withdrawn()
    })
    const entry: Pending = { n, wire, bytes, id: caller.id, waiter, written: false }
    this.#outbox.push(entry)
    return waiter.promise
  }

  /** A new connection begins: everything unanswered goes out again. */
  restart(): void {
    this.#outbox.restart()
  }

  /** What may be written now. What the hub would close the connection for is refused here. */
  take(limits: Pick<Limits, 'inFlight' | 'frameBytes'>): readonly OutboxEntry[] {
    const ready = this.#outbox.take(limits.inFlight)
    let refused = 0
    for (const entry of ready) {
      entry.written = true
      if (entry.bytes <= limits.frameBytes) continue
      refused++
      this.refuse(entry.n, tooLarge(entry.bytes, limits.frameBytes))
    }
    return refused === 0 ? ready : ready.filter(({ bytes }) => bytes <= limits.frameBytes)
  }

  /** Everything up to `n` that is unanswered was accepted. */
  confirm(n: number, state: SendResult['state']): void {
    for (const { id, waiter } of this.#outbox.settle(n, 'upTo')) waiter.resolve({ id, state })
  }

  refuse(n: number, error: PosthouseError): void {
    for (const { waiter } of this.#outbox.settle(n, 'only')) waiter.reject(error)
  }

  /** Nothing will be sent any more. */
  refuseAll(error: PosthouseError): void {
    for (const { waiter } of this.#outbox.clear()) waiter.reject(error)
  }
}

/** The refusal of a frame that no WebSocket message can hold. */
export function tooLarge(bytes: number, most: number): PosthouseError {
  return new PosthouseError(
    'frame_too_large',
    `the message takes ${bytes} bytes on the wire; the hub reads at most ${most}`,
  )
}
