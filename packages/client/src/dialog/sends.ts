import { PosthouseError } from '@posthouse/core'
import { type Encoded, type Limits, Outbox, type OutboxEntry, type OutboxLimits } from '@posthouse/protocol'
import { Waiter } from '../waiter.ts'

/** What became of a sent message. */
export interface SendResult {
  readonly id: string
  /**
   * `stored`: the hub keeps it, as safely as `welcome.durability` says. `duplicate`: it had it already. `dropped`: its
   * recipient is away, and the message was to be dropped then. `sent`: it was written to the connection, which is all
   * there is to know of it.
   */
  readonly state: 'stored' | 'duplicate' | 'dropped' | 'sent'
}

/** Who sends a message. */
export interface Caller {
  readonly id: string
  readonly signal: AbortSignal | undefined
}

/** A message that waits to be written or confirmed, and who waits for that. */
interface Pending extends OutboxEntry {
  readonly id: string
  readonly waiter: Waiter<SendResult>
  /** On any connection. */
  written: boolean
}

/** What a client has to say: what goes out at the end of this tick or never, and what is kept until the hub has answered. */
export class Sends {
  readonly #outbox: Outbox<Pending>
  readonly #maxBytes: number
  readonly #withdrawn: () => void
  #live: (Encoded | Pending)[] = []
  #liveBytes = 0

  /** @param withdrawn told when a caller has taken back a message. */
  constructor(limits: OutboxLimits, withdrawn: () => void) {
    this.#outbox = new Outbox(limits)
    this.#maxBytes = limits.bytes
    this.#withdrawn = withdrawn
  }

  /** Messages that are kept. */
  get kept(): number {
    return this.#outbox.size
  }

  get idle(): boolean {
    return this.kept === 0 && this.#live.length === 0
  }

  /** The next free `n`. */
  next(): number {
    return this.#outbox.next()
  }

  /** @throws PosthouseError `outbox_full` where so many more bytes may not wait for the socket. */
  assertRoom(bytes: number): void {
    if (this.#liveBytes + bytes <= this.#maxBytes) return
    throw new PosthouseError('outbox_full', `the outbox is full: more than ${this.#maxBytes} bytes would wait`)
  }

  /** Adds a frame of the protocol itself. */
  push(frame: Encoded): void {
    this.#live.push(frame)
    this.#liveBytes += frame.bytes
  }

  /**
   * Adds a live message; its promise resolves when it has been taken.
   * @throws PosthouseError `aborted`
   */
  add(encoded: Encoded, caller: Caller): Promise<SendResult> {
    const entry = this.#entry(encoded, caller, 0, () => {
      this.#live = this.#live.filter((other) => other !== entry)
      this.#liveBytes -= entry.bytes
    })
    this.push(entry)
    return entry.waiter.promise
  }

  /**
   * Keeps a message until the hub has answered. The signal takes it out again while it was never written: what was may
   * have been accepted, and stays until the hub has answered, so that the order of n holds.
   * @throws PosthouseError `outbox_full`, `aborted`
   */
  keep(encoded: Encoded, caller: Caller, n: number): Promise<SendResult> {
    this.#outbox.assertRoom(encoded.bytes)
    const entry = this.#entry(encoded, caller, n, () => {
      if (!entry.written) this.#outbox.withdraw(n)
      this.#withdrawn()
    })
    this.#outbox.push(entry)
    return entry.waiter.promise
  }

  /** What goes out now: the live ones. */
  takeLive(): Encoded[] {
    const entries = this.#clearLive()
    for (const entry of entries) if ('waiter' in entry) entry.waiter.resolve({ id: entry.id, state: 'sent' })
    return entries
  }

  /** What may be written now of that which is kept. What the hub would close the connection for is refused here. */
  takeKept(limits: Pick<Limits, 'inFlight' | 'frameBytes'>): readonly OutboxEntry[] {
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

  /** The connection is gone: nothing live can be said any more, and everything unanswered goes out again. */
  cut(error: PosthouseError): void {
    this.#outbox.restart()
    for (const entry of this.#clearLive()) if ('waiter' in entry) entry.waiter.reject(error)
  }

  /** Nothing will be sent any more. */
  end(error: PosthouseError): void {
    for (const { waiter } of this.#outbox.clear()) waiter.reject(error)
  }

  #entry({ wire, bytes }: Encoded, { id, signal }: Caller, n: number, aborted: () => void): Pending {
    return { n, wire, bytes, id, waiter: new Waiter<SendResult>(signal, aborted), written: false }
  }

  #clearLive(): (Encoded | Pending)[] {
    const entries = this.#live
    this.#live = []
    this.#liveBytes = 0
    return entries
  }
}

/** The refusal of a frame that no WebSocket message can hold. */
export function tooLarge(bytes: number, most: number): PosthouseError {
  return new PosthouseError(
    'frame_too_large',
    `the message takes ${bytes} bytes on the wire; the hub reads at most ${most}`,
  )
}
