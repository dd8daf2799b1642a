import type { Clock, Envelope, InboxStore, Logger, RecordChange, Timer } from '@posthouse/core'
import type { ClientRecord } from '../clients/client-record.ts'
import { asKeptHour, Hour, hourMs, keyOf, startOf } from './hour.ts'
import type { Tally } from './tally.ts'
import { TallyChanges } from './tally-changes.ts'

/** Kind of the records in which hours are kept. */
const recordKind = 'stats'
/** How often the open hour is written, in milliseconds: so much of it a hub that is killed loses at most. */
const everyMs = 10_000
/** How long hours are kept where nothing else is said: 30 days, in milliseconds. */
export const defaultStatisticsMs: number = 30 * 24 * hourMs
const channelPrefix = 'channel:'

/** What statistics need. */
export interface StatisticsOptions {
  readonly store: Pick<InboxStore, 'records'>
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  /** How long hours are kept, in milliseconds. Default: `defaultStatisticsMs`. */
  readonly keepMs?: number | undefined
  readonly clients: () => Iterable<ClientRecord>
  /** Has a record written. */
  readonly write: (change: RecordChange) => void
}

/**
 * Counts by the hour what goes through a hub. Only the traffic by type and channel is counted with each message; all else
 * is what the tally and the records of the clients have grown by since it was last looked at.
 */
export class Statistics implements Disposable {
  readonly #options: StatisticsOptions
  readonly #changes: TallyChanges
  /** Hours that are in the store. */
  readonly #keys = new Set<string>()
  #hour = new Hour()
  #key: string
  /** Something was counted in the open hour since it was written. */
  #unwritten = false
  /** What the store has of the open hour is in it, too. */
  #whole = false
  #completing: Promise<void> | undefined
  #timer: Timer | undefined
  #ended = false

  constructor(options: StatisticsOptions) {
    this.#options = options
    this.#changes = new TallyChanges(options.tally)
    this.#key = keyOf(options.clock.now())
  }

  /** A message came in. */
  published({ type, to }: Pick<Envelope, 'type' | 'to'>): void {
    const { by } = this.#hour
    by.type.of(type).messages++
    if (to.startsWith(channelPrefix)) by.channel.of(to.slice(channelPrefix.length)).messages++
  }

  /** A message was handed to the connection of one of its recipients. */
  delivered({ type, to }: Pick<Envelope, 'type' | 'to'>): void {
    const { by } = this.#hour
    by.type.of(type).delivered++
    if (to.startsWith(channelPrefix)) by.channel.of(to.slice(channelPrefix.length)).delivered++
  }

  /** A recipient has acknowledged what the hub took so many milliseconds ago. */
  acknowledged(ms: number): void {
    // The clock that messages are stamped with may have been set back.
    this.#hour.latencyMs.observe(Math.max(0, ms))
  }

  /** Begins to write what is counted, with what earlier runs have written. */
  async start(): Promise<void> {
    for (const { key } of await this.#options.store.records(recordKind)) this.#keys.add(key)
    await this.#completed()
    this.#schedule()
  }

  /** A client is about to be forgotten. */
  forget(record: ClientRecord): void {
    this.#gatherClient(record)
  }

  /** The hours that overlap with a time, with their beginnings; the open one comes last, as it is now. */
  async *hours(from: number, to: number): AsyncIterable<readonly [start: number, hour: Hour]> {
    this.#gather()
    const keys = [...this.#keys].filter((key) => startOf(key) + hourMs > from && startOf(key) < to).sort()
    for (const day of new Set(keys.map((key) => key.slice(0, 10)))) {
      for (const { key, value } of await this.#options.store.records(recordKind, day)) {
        const kept = keys.includes(key) && key !== this.#key ? asKeptHour(value) : undefined
        if (kept === undefined) continue
        const hour = new Hour()
        hour.add(kept)
        yield [startOf(key), hour]
      }
    }
    const start = startOf(this.#key)
    if (start + hourMs > from && start < to) yield [start, this.#hour]
  }

  /** Hands what was counted to the store, for the last time. */
  async end(): Promise<void> {
    this[Symbol.dispose]()
    await this.#write()
  }

  [Symbol.dispose](): void {
    this.#ended = true
    this.#timer?.[Symbol.dispose]()
  }

  #schedule(): void {
    if (this.#ended) return
    const { clock, logger } = this.#options
    // An hour ends when the clock says so.
    const ms = Math.min(everyMs, hourMs - (clock.now() % hourMs))
    this.#timer = clock
      .after(ms, () => {
        this.#schedule()
        this.#write().catch((error: unknown) => logger.warn('statistics could not be read', { error }))
      })
      .unref()
  }

  async #write(): Promise<void> {
    if (!this.#whole) await this.#completed()
    this.#gather()
    const unwritten = this.#unwritten
    this.#unwritten = false
    const changes = unwritten ? [{ kind: recordKind, key: this.#key, value: this.#hour.kept() }] : []
    if (unwritten) this.#keys.add(this.#key)
    const key = keyOf(this.#options.clock.now())
    if (key !== this.#key) {
      this.#hour = new Hour()
      this.#key = key
      this.#whole = !this.#keys.has(key)
    }
    for (const change of [...changes, ...this.#outdated()]) this.#options.write(change)
  }

  #completed(): Promise<void> {
    this.#completing ??= this.#complete()
    return this.#completing
  }

  /** Adds what the store has of the open hour. */
  async #complete(): Promise<void> {
    try {
      const found = await this.#options.store.records(recordKind, this.#key)
      const kept = asKeptHour(found.find(({ key }) => key === this.#key)?.value)
      if (kept !== undefined) this.#hour.add(kept)
      this.#whole = true
    } finally {
      this.#completing = undefined
    }
  }

  #outdated(): RecordChange[] {
    const { clock, keepMs = defaultStatisticsMs } = this.#options
    const oldest = keyOf(clock.now() - keepMs)
    const outdated = [...this.#keys].filter((key) => key < oldest)
    for (const key of outdated) this.#keys.delete(key)
    return outdated.map((key) => ({ kind: recordKind, key, value: undefined }))
  }

  /** Takes over what has been counted elsewhere since the last time. */
  #gather(): void {
    if (!this.#changes.into(this.#hour)) return
    this.#unwritten = true
    for (const record of this.#options.clients()) this.#gatherClient(record)
  }

  #gatherClient(record: ClientRecord): void {
    const messages = record.received - record.counted.received
    const delivered = record.delivered - record.counted.delivered
    if (messages === 0 && delivered === 0) return
    const counts = this.#hour.by.client.of(record.id)
    counts.messages += messages
    counts.delivered += delivered
    record.counted = { received: record.received, delivered: record.delivered }
  }
}
