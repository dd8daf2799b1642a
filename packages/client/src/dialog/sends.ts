import { PosthouseError } from '@posthouse/core'
import type { Encoded, Limits } from '@posthouse/protocol'
import { createWaiter, type Waiter } from '../waiter.ts'

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

/** How much may wait to be confirmed. */
export interface OutboxLimits {
  /** Default 1,000. */
  readonly messages: number
  /** Default 8 MiB. */
  readonly bytes: number
}

/** Takes what is to be confirmed. */
export interface Outbox {
  /** The next free `n`. */
  next(): number
  /** @throws PosthouseError `outbox_full`, `aborted` */
  keep(encoded: Encoded, caller: Caller, n: number): Promise<SendResult>
}

/** A message that waits to be confirmed. */
export interface Kept extends Encoded {
  readonly n: number
}

/** A message that waits to be written or confirmed, and who waits for that. */
interface Pending extends Kept {
  readonly id: string
  readonly waiter: Waiter<SendResult>
  /** On any connection. */
  written: boolean
}

/**
 * What a client has to say: what goes out at the end of this tick or never, and, in the order of `n`, what is kept until the
 * hub has answered, sent again on a new connection, never more under way than the hub allows. Spec: 4.2.
 */
export class Sends implements Outbox {
  readonly #limits: OutboxLimits
  readonly #withdrawn: () => void
  #live: (Encoded | Pending)[] = []
  #liveBytes = 0
  readonly #kept = new Map<number, Pending>()
  #keptBytes = 0
  #lastN = 0
  /** The newest `n` that was written to this connection. */
  #writtenN = 0
  #underWay = 0

  /** @param withdrawn told when a caller has taken back a message. */
  constructor(limits: OutboxLimits, withdrawn: () => void) {
    this.#limits = limits
    this.#withdrawn = withdrawn
  }

  /** Messages that are kept. */
  get kept(): number {
    return this.#kept.size
  }

  get idle(): boolean {
    return this.kept + this.#live.length === 0
  }

  /** The next free `n`. */
  next(): number {
    return ++this.#lastN
  }

  /** @throws PosthouseError `outbox_full` where so many more bytes may not wait for the socket. */
  assertRoom(bytes: number): void {
    this.#assert(this.#liveBytes + bytes <= this.#limits.bytes)
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
    const entry = pending(encoded, caller, 0, () => {
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
    const { messages, bytes } = this.#limits
    this.#assert(this.kept < messages && this.#keptBytes + encoded.bytes <= bytes)
    const entry = pending(encoded, caller, n, () => {
      if (!entry.written) this.#remove(entry)
      this.#withdrawn()
    })
    this.#kept.set(n, entry)
    this.#keptBytes += entry.bytes
    return entry.waiter.promise
  }

  /** What goes out now: the live ones. */
  takeLive(): Encoded[] {
    const entries = this.#clearLive()
    for (const entry of entries) if ('waiter' in entry) entry.waiter.resolve({ id: entry.id, state: 'sent' })
    return entries
  }

  /**
   * What may be written now of that which is kept, oldest first, with at most `inFlight` unanswered. What the hub would
   * close the connection for is refused here.
   */
  takeKept({ inFlight, frameBytes }: Pick<Limits, 'inFlight' | 'frameBytes'>): readonly Kept[] {
    const ready: Pending[] = []
    if (this.#underWay === this.kept) return ready
    for (const entry of this.#kept.values()) {
      if (this.#underWay >= inFlight) break
      if (entry.n <= this.#writtenN) continue
      this.#writtenN = entry.n
      this.#underWay++
      entry.written = true
      if (entry.bytes <= frameBytes) ready.push(entry)
      else this.refuse(entry.n, tooLarge(entry.bytes, frameBytes))
    }
    return ready
  }

  /** Everything up to `n` that is unanswered was accepted. */
  confirm(n: number, state: SendResult['state']): void {
    for (const entry of this.#kept.values()) {
      // What was not written on this connection cannot have been answered on it.
      if (entry.n > Math.min(n, this.#writtenN)) break
      this.#remove(entry)
      entry.waiter.resolve({ id: entry.id, state })
    }
  }

  refuse(n: number, error: PosthouseError): void {
    const entry = this.#kept.get(n)
    if (entry === undefined || n > this.#writtenN) return
    this.#remove(entry)
    entry.waiter.reject(error)
  }

  /** The connection is gone: nothing live can be said any more, and everything unanswered goes out again. */
  cut(error: PosthouseError): void {
    this.#writtenN = this.#underWay = 0
    for (const entry of this.#clearLive()) if ('waiter' in entry) entry.waiter.reject(error)
  }

  /** Nothing will be sent any more. */
  end(error: PosthouseError): void {
    for (const entry of this.#kept.values()) {
      this.#remove(entry)
      entry.waiter.reject(error)
    }
  }

  #remove(entry: Pending): void {
    if (!this.#kept.delete(entry.n)) return
    this.#keptBytes -= entry.bytes
    if (entry.n <= this.#writtenN) this.#underWay--
  }

  #clearLive(): (Encoded | Pending)[] {
    const entries = this.#live
    this.#live = []
    this.#liveBytes = 0
    return entries
  }

  #assert(room: boolean): void {
    if (room) return
    const { messages, bytes } = this.#limits
    throw new PosthouseError('outbox_full', `the outbox takes ${messages} messages, ${bytes} bytes`)
  }
}

function pending({ wire, bytes }: Encoded, { id, signal }: Caller, n: number, aborted: () => void): Pending {
  return { n, wire, bytes, id, waiter: createWaiter<SendResult>(signal, aborted), written: false }
}

/** The refusal of what the hub would not read. */
export function tooLarge(bytes: number, most: number): PosthouseError {
  const message = `the message has ${bytes} bytes, the hub takes at most ${most}; send a file`
  return new PosthouseError('frame_too_large', message)
}
