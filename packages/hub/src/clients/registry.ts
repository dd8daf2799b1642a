import type { Clock, Envelope, ErrorCode, InboxStore, Logger } from '@posthouse/core'
import type { Link } from '../peers/link.ts'
import { Feeds } from '../routing/feeds.ts'
import type { Tally } from '../stats/tally.ts'
import { ClientRecord } from './client-record.ts'
import { SortedRecords } from './sorted-records.ts'

/** What becomes of messages that a client cannot be given, or gives back. */
export interface MessageFates {
  /** It cannot be said in the client's dialect. */
  unsayable(envelope: Envelope, client: string, code: ErrorCode): void
  /** It is of a log, and is to come to this client again. */
  keep(envelope: Envelope, client: string, delayMs: number | undefined): Promise<void>
}

/** What a registry needs. */
export interface RegistryOptions {
  readonly store: InboxStore
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
  /** Client ids remembered; of those that are away, the one seen longest ago is forgotten first. */
  readonly maxClients: number
  /** Commits that everything up to `seq` of a cursor has been processed. */
  readonly acknowledge: (cursor: string, seq: number) => void
  /** Drops a cursor that nobody goes on from. */
  readonly forget: (cursor: string) => void
  /** Told whenever a client came or went. */
  readonly onChange: (record: ClientRecord) => void
  /** Told of messages that a client cannot be given, or gives back. */
  readonly fates?: () => MessageFates
  /** Told whenever a client that is away was forgotten. */
  readonly onForget: (record: ClientRecord) => void
}

/** Who the hub knows, and who of them is there. */
export class Registry {
  readonly #options: RegistryOptions
  readonly #records = new Map<string, ClientRecord>()
  readonly #sorted = new SortedRecords(this.#records)

  constructor(options: RegistryOptions) {
    this.#options = options
  }

  /** Clients that are known. */
  get size(): number {
    return this.#records.size
  }

  get(client: string): ClientRecord | undefined {
    return this.#records.get(client)
  }

  all(): Iterable<ClientRecord> {
    return this.#records.values()
  }

  /** All of them by id, as they are now. */
  sorted(): readonly ClientRecord[] {
    return this.#sorted.all()
  }

  /** The record of a client, made when it is seen for the first time. */
  known(client: string, lastSeen: number = this.#options.clock.now()): ClientRecord {
    let record = this.#records.get(client)
    if (record === undefined) {
      const { store, logger, tally, acknowledge, forget } = this.#options
      const feeds = new Feeds({
        client,
        store,
        logger,
        tally,
        acknowledge,
        forget,
        isGivenBack: (seq) => this.#records.get(client)?.givenBack?.has(seq) === true,
        unsayable: (envelope, code) => this.#options.fates?.().unsayable(envelope, client, code),
        returned: async (envelope, delayMs) => this.#options.fates?.().keep(envelope, client, delayMs),
      })
      record = new ClientRecord(client, lastSeen, feeds)
      this.#records.set(client, record)
      this.#sorted.added(record)
      if (this.#records.size > this.#options.maxClients) this.#forget(record)
    }
    return record
  }

  /** Forgets a client that is away and has no session. */
  forget(record: ClientRecord): void {
    if (!record.living && this.#records.get(record.id) === record) this.#drop(record)
  }

  /** Puts a new link in the place of an older one, which is returned: it must be closed. */
  connect(record: ClientRecord, link: Link): Link | undefined {
    const previous = record.link
    if (previous !== undefined) record.feeds.detach(previous)
    record.link = link
    record.dialect = link.dialect
    record.present = true
    record.loginAt = this.#options.clock.now()
    // The clock carries it over a restart of the hub, of which it remembers nothing.
    record.generation = Math.max(record.generation + 1, Math.floor(record.loginAt))
    record.lastSeen = record.loginAt
    this.#options.onChange(record)
    return previous
  }

  /** Takes a link away. One that has been replaced already changes nothing. */
  disconnect(record: ClientRecord, link: Link): void {
    if (record.link !== link) return
    const { online, lastSeen } = record
    record.link = undefined
    record.present = false
    // One that was silent for too long has not been seen any more by closing it.
    record.lastSeen = online ? this.#options.clock.now() : lastSeen
    record.feeds.detach(link)
    record.release()
    if (online) this.#options.onChange(record)
  }

  /** Marks a client as heard of lately, or as silent for too long. A link that has been replaced changes nothing. */
  setPresent(record: ClientRecord, link: Link, present: boolean): void {
    if (record.present === present || record.link !== link) return
    record.present = present
    if (!present) record.release()
    this.#options.onChange(record)
  }

  /** Forgets clients that are away, but not `newest`, which is about to connect. */
  #forget(newest: ClientRecord): void {
    const away = [...this.#records.values()].filter((record) => !record.living && record !== newest)
    away.sort((a, b) => a.lastSeen - b.lastSeen)
    // A hundredth at a time, so that a flood of new ids does not sort everyone for each of them.
    for (const record of away.slice(0, Math.ceil(this.#options.maxClients / 100))) this.#drop(record)
  }

  #drop(record: ClientRecord): void {
    this.#records.delete(record.id)
    this.#sorted.dropped(record)
    this.#options.onForget(record)
  }
}
