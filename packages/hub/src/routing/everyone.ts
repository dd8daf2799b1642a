import {
  type Clock,
  type Envelope,
  type InboxStore,
  type Logger,
  type LogLimits,
  PosthouseError,
  type Timer,
} from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Batcher } from './batcher.ts'
import { Followers } from './followers.ts'
import { LogSource } from './log-source.ts'
import { Outgoing } from './outgoing.ts'

/** Name of the stream of messages to everyone, and their address. */
export const everyoneStream = 'all'

/** How many messages to everyone are kept for those who fall behind. Spec: 6.4.3. */
const kept: LogLimits = { messages: 1000, ageMs: 7 * 86_400_000 }

/** Messages that are moved from the log to an inbox at a time. */
const pageSize = 64

/**
 * The kind of the records that keep what is being moved to an inbox, by client and by the position behind which that begins:
 * the session that it was for is not in the store any more.
 */
const moveRecords = 'move'

/** How long a move that the store did not let go on waits. */
const retryMs = 1000

/** What of the log is to go into a client's inbox. */
interface Move {
  readonly record: ClientRecord
  /** It begins behind this position … */
  readonly after: number
  /** … and ends with this one. */
  readonly newest: Promise<number>
}

/** What keeps messages to everyone. */
export interface EveryoneOptions {
  readonly store: Pick<InboxStore, 'readLog' | 'inspect' | 'records'>
  readonly batcher: Pick<Batcher, 'append' | 'record' | 'recordLasting'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Those of an address's recipients who read its log. */
export interface LogAudience {
  readonly limits: LogLimits
  /** True for a recipient who needs no copy in his inbox. */
  reads(record: ClientRecord): boolean
  /** Those who need one all the same. Default: the recipients who do not read it. */
  copies?(envelope: Envelope): Iterable<ClientRecord>
  /** Hands over what was stored; returns those who are there and fall behind. */
  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[]
}

/** The sessions that get what is sent to everyone: kept once in the log, read by each from where it is. Spec: 4.1.5. */
export class Everyone implements LogAudience, Disposable {
  readonly limits: LogLimits = kept
  readonly #options: EveryoneOptions
  readonly #source: LogSource
  /** Moves to inboxes, one after the other: very many sessions may end together. */
  #moving: Promise<void> = Promise.resolve()
  readonly #retries = new Set<Timer>()
  #closed = false
  readonly #followers = new Followers(kept)

  constructor(options: EveryoneOptions) {
    this.#options = options
    this.#source = new LogSource({
      store: options.store,
      to: everyoneStream,
      onLeft: (client) => this.#followers.delete(client),
      onDrained: (client) => this.#followers.release(client),
    })
  }

  /** What the store does not let it move from now on is left to the next run. */
  [Symbol.dispose](): void {
    this.#closed = true
    for (const timer of this.#retries) timer[Symbol.dispose]()
    this.#retries.clear()
  }

  /** Has a client get what is sent to everyone behind `seq`, as long as its session lives. */
  follow(record: ClientRecord, seq: number): void {
    const feed = record.feeds.follow(everyoneStream, this.#source, seq)
    this.#followers.add(record, feed)
  }

  /**
   * A client's session is about to end, and no other takes its place: what it has not acknowledged goes into its inbox, which
   * outlives the session.
   */
  leave(record: ClientRecord): void {
    const after = this.#followers.feedOf(record.id)?.position ?? record.session?.everyoneFrom
    if (after === undefined) return
    this.#enqueue({ record, after, newest: this.#newestOf(record, after) })
  }

  /**
   * Another session takes the place of a client's, and goes on behind `after`: where the hub ends before that one is kept
   * (`succeeded`), what comes behind is moved by the next run.
   */
  succeeding(client: string, after: number): void {
    this.#options.batcher.record({ kind: moveRecords, key: moveKey(client, after), value: true })
  }

  /** The session that goes on behind `after` is kept with this tick's batch. */
  succeeded(client: string, after: number): void {
    this.#options.batcher.record({ kind: moveRecords, key: moveKey(client, after), value: undefined })
  }

  /** Moves what an earlier run of the hub has left undone; `known` finds a client. */
  async restore(known: (client: string) => ClientRecord): Promise<void> {
    for (const { key } of await this.#options.store.records(moveRecords)) {
      const [client = '', position] = key.split('\n')
      this.#enqueue({ record: known(client), after: Number(position), newest: this.#newest(client) })
    }
  }

  #enqueue(move: Move): void {
    this.#moving = this.#moving.then(() => this.#move(move))
  }

  /** The newest position once everything is in the log that was being stored; what comes later is not for this session. */
  async #newestOf({ id }: ClientRecord, after: number): Promise<number> {
    const { promise: committed, resolve } = Promise.withResolvers<unknown>()
    this.#options.batcher.recordLasting({ kind: moveRecords, key: moveKey(id, after), value: true }, resolve)
    await committed
    return this.#newest(id)
  }

  async #newest(client: string): Promise<number> {
    const { store, logger } = this.#options
    try {
      return (await store.inspect(client)).newest
    } catch (error) {
      logger.error('it is not known what was sent to everyone', { client, error })
      return Number.POSITIVE_INFINITY
    }
  }

  /** Moves page after page. Where the store fails it goes on later from where it has come to. */
  async #move(move: Move): Promise<void> {
    const { record, newest } = move
    let { after } = move
    try {
      const until = await newest
      for (
        let next: number | undefined = after;
        next !== undefined;
        next = await this.#movePage(record, after, until)
      ) {
        after = next
      }
    } catch (error) {
      this.#options.logger.error('messages to everyone could not be moved to an inbox', { client: record.id, error })
      this.#retry({ ...move, after })
    }
  }

  #retry(move: Move): void {
    if (this.#closed) return
    const timer = this.#options.clock.after(retryMs, () => {
      this.#retries.delete(timer)
      this.#enqueue(move)
    })
    this.#retries.add(timer.unref())
  }

  /** Moves what comes behind `after`, in one commit with how far that has come; resolves with it, or nothing at the end. */
  async #movePage(record: ClientRecord, after: number, until: number): Promise<number | undefined> {
    const { store, batcher } = this.#options
    const { entries, scanned } = await store.readLog({ to: everyoneStream }, after, pageSize)
    for (const { seq, envelope } of entries) {
      if (seq <= until && !this.#source.omits(envelope, record.id)) this.#put(record, new Outgoing(envelope))
    }
    const next = entries.length === pageSize && scanned < until ? scanned : undefined
    const { promise, resolve } = Promise.withResolvers<PosthouseError | undefined>()
    if (next !== undefined) batcher.record({ kind: moveRecords, key: moveKey(record.id, next), value: true }, resolve)
    batcher.record({ kind: moveRecords, key: moveKey(record.id, after), value: undefined }, resolve)
    const error = await promise
    if (error !== undefined) throw error
    return next
  }

  #put(record: ClientRecord, outgoing: Outgoing): void {
    this.#options.batcher.append({ envelope: outgoing.envelope, recipients: [record.id] }, (outcome) => {
      if (outcome instanceof PosthouseError) return
      if (outcome.state === 'stored') record.feeds.inbox.offer(outcome.seq, outgoing.at(outcome.seq))
      else {
        const code = outcome.state === 'refused' ? outcome.code : outcome.state
        this.#options.logger.warn('a message to everyone could not be moved to an inbox', { client: record.id, code })
      }
    })
  }

  reads({ session }: ClientRecord): boolean {
    return session !== undefined
  }

  offer(seq: number, outgoing: Outgoing): readonly ClientRecord[] {
    return this.#followers.offer(seq, outgoing)
  }
}

/** Ids of clients have no line breaks. */
function moveKey(client: string, after: number): string {
  return `${client}\n${after}`
}
