import { isDeepStrictEqual } from 'node:util'
import type { Clock, Logger } from '@posthouse/core'
import type { Batcher } from '../routing/batcher.ts'
import type { Timing } from '../timing.ts'
import type { ClientRecord, SessionEntry } from './client-record.ts'
import type { PresenceBoard } from './presence-board.ts'
import { clientRecord, clientRecords, sessionRecord, sessionRecords } from './session-record.ts'
import { willRecord, willRecords } from './will-record.ts'

/** What a keeper needs. */
export interface KeeperOptions {
  readonly batcher: Pick<Batcher, 'record' | 'recordLasting' | 'forget'>
  readonly clock: Clock
  readonly logger: Logger
  /** False where the store ends with the hub: nobody will read what is kept there. */
  readonly lasting: boolean
  readonly timing: Pick<Timing, 'sessionMs'>
  readonly presence: Pick<PresenceBoard, 'watches'>
}

/**
 * Keeps clients and their sessions in the store, so that they go on after a restart of the hub, also after a sudden end.
 * Spec: 3.5.
 */
export class Keeper {
  readonly #options: KeeperOptions
  readonly #changed = new Set<ClientRecord>()
  #ending = false

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  /** True where what is kept outlives the hub. */
  get lasting(): boolean {
    return this.#options.lasting
  }

  /** A client came or went. */
  saw(record: ClientRecord): void {
    if (!this.lasting || record.session?.transient || (record.kept && record.online)) return
    record.kept = true
    this.#options.batcher.record(clientRecord(record.id, record.lastSeen, record.dialect))
  }

  /**
   * Has a client's session kept with this tick's batch as it is now; resolves when it is. Where the store fails it is
   * kept with whatever the store takes next, so that nothing is accepted for a client whose session is not kept.
   */
  async keep(record: ClientRecord): Promise<void> {
    if (!this.lasting || record.session === undefined) return
    this.#changed.delete(record)
    const { batcher, logger } = this.#options
    const { promise, resolve } = Promise.withResolvers<unknown>()
    this.#keepWill(record.id, record.session)
    batcher.recordLasting(this.#changeOf(record, record.session), resolve)
    const error = await promise
    if (error !== undefined) logger.warn('a session could not be kept', { client: record.id, error })
  }

  /** Has a client's session kept with this tick's batch; nobody waits for it. */
  save(record: ClientRecord): void {
    this.#changed.delete(record)
    if (this.lasting && record.session !== undefined) {
      this.#keepWill(record.id, record.session)
      this.#options.batcher.record(this.#changeOf(record, record.session))
    }
  }

  /** Something about a client's session has changed that may be kept a little later. */
  touch(record: ClientRecord): void {
    if (this.lasting) this.#changed.add(record)
  }

  /** A session has lost its connection. One that loses it because the hub ends keeps all of its time. */
  detached(record: ClientRecord): void {
    if (!this.#ending) this.touch(record)
  }

  /** A client's session has ended. */
  ended(record: ClientRecord, { keptWill }: SessionEntry): void {
    this.#changed.delete(record)
    if (!this.lasting) return
    this.#options.batcher.record({ kind: sessionRecords, key: record.id, value: undefined })
    if (keptWill !== undefined) this.#options.batcher.record({ kind: willRecords, key: record.id, value: undefined })
  }

  /** A client is forgotten, with what waits for it. */
  forgot({ id, kept }: ClientRecord): void {
    // Nobody will ever fetch what its inbox holds.
    this.#options.batcher.forget(id)
    if (kept) this.#options.batcher.record({ kind: clientRecords, key: id, value: undefined })
  }

  /** Has kept what has changed. */
  flush(): void {
    for (const record of this.#changed) this.save(record)
  }

  /** The hub ends: who loses the connection from now on does so because of that. */
  close(): void {
    this.flush()
    this.#ending = true
  }

  /** A will is written when it has changed, and not with all else that changes about its session. */
  #keepWill(client: string, entry: SessionEntry): void {
    const { will, keptWill } = entry
    if (isDeepStrictEqual(will, keptWill)) return
    entry.keptWill = will && { ...will }
    this.#options.batcher.record(willRecord(client, entry))
  }

  #changeOf(record: ClientRecord, entry: SessionEntry): ReturnType<typeof sessionRecord> {
    const { clock, timing, presence } = this.#options
    const leftMs = entry.expiresAt - clock.elapsed()
    const expiresAt = Number.isFinite(leftMs) ? clock.now() + Math.min(leftMs, timing.sessionMs) : undefined
    return sessionRecord(record.id, entry, { watch: presence.watches(entry), expiresAt })
  }
}
