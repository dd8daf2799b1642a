import { Buffer } from 'node:buffer'
import type { DatabaseSync } from 'node:sqlite'
import {
  type Batch,
  type Clock,
  type CommitOutcome,
  type Durability,
  type ExpiredEntry,
  type InboxState,
  type InboxStore,
  type LogInfo,
  type LogKind,
  type LogPage,
  type LogQuery,
  PosthouseError,
  type RecordEntry,
  reasonOf,
  type ShelfEntry,
  type ShelfQuery,
  type SortedPageOptions,
  type StoredEnvelope,
  type Timer,
} from '@posthouse/core'
import { ByteWriter } from './byte-writer.ts'
import { Checkpointer, type CheckpointerOptions } from './checkpointer.ts'
import { Commit } from './commit.ts'
import { Contents, type ContentsLimits } from './contents.ts'
import { DiskRoom } from './disk-room.ts'
import type { Section } from './entry.ts'
import { FileGuard } from './file-guard.ts'
import type { FolderLock } from './folder-lock.ts'
import { Journal } from './journal.ts'
import { JournalRow } from './journal-form.ts'
import { Meta } from './meta.ts'
import { type SqliteDurability, synchronousFor } from './open-database.ts'
import { replay } from './replay.ts'
import { Settler } from './settler.ts'
import { SpaceGuard } from './space-guard.ts'

/** What waits in the journal is settled after this time … */
const settleMs = 1000
/** … or when it has grown to this, in bytes. Above twice as much each commit helps. */
const settleBytes = 8 << 20
/** Above this everything waits until it is settled, in bytes; where it cannot be settled, nothing more is taken. */
const mostBytes = 256 << 20
/** About what one slice writes, in bytes. */
const sliceBytes = 256 << 10

/** What a store has open, and closes when it ends. */
export interface StoreHandles {
  readonly database: DatabaseSync
  readonly lock: FolderLock
}

/** What a store is made of. */
export interface SqliteStoreParts extends ContentsLimits, StoreHandles, CheckpointerOptions {
  readonly durability: SqliteDurability
  readonly clock: Clock
}

const unwritten = Buffer.alloc(0)

interface Live {
  readonly contents: Contents
  readonly settler: Settler
}

/** An inbox store in one SQLite database: what it has said is stored survives the process, or the loss of power. */
export class SqliteStore implements InboxStore {
  readonly durability: Durability
  /** The file of the database. */
  readonly path: string
  readonly #parts: SqliteStoreParts
  readonly #epoch: string
  readonly #file: FileGuard
  readonly #space: SpaceGuard
  readonly #journal: Journal
  readonly #row: JournalRow
  readonly #checkpointer: Checkpointer
  /** Undefined after a failure, until it was read from the disk again. */
  #live: Live | undefined
  #timer: Timer | undefined
  /** True from a write that failed to the next that does not. */
  #doubtful = false
  #settling = false
  #closed = false

  /** @throws PosthouseError `data_damaged` */
  constructor(parts: SqliteStoreParts, epoch: string) {
    this.#parts = parts
    this.path = parts.path
    this.durability = parts.durability
    this.#epoch = epoch
    this.#file = new FileGuard(parts)
    this.#space = new SpaceGuard({
      path: parts.path,
      clock: parts.clock,
      room: new DiskRoom(parts.path, parts.database),
      waiting: () => this.#journal.bytes,
      tidy: () => this.#tidy(),
    })
    this.#journal = new Journal(parts.database)
    this.#row = new JournalRow(new ByteWriter())
    this.#live = this.#load()
    this.#checkpointer = new Checkpointer(parts)
    if (this.#journal.length > 0) this.#settleLater()
  }

  async commit(batch: Batch): Promise<CommitOutcome> {
    if (this.#checkpointer.pause !== undefined) await this.#checkpointer.pause
    if (this.#journal.bytes > mostBytes) this.#settleAll()
    const { contents } = this.#open()
    this.#file.check()
    if (batch.appends.length > 0) this.#space.check()
    const outcome = this.#write(batch, contents)
    // What goes wrong from here on is no matter of this commit: it is on the disk.
    if (!this.#row.empty) this.#settleLater()
    return outcome
  }

  async read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]> {
    const now = this.#parts.clock.now()
    return this.#open().contents.inboxes.open(inbox, now).after(after, limit, now)
  }

  async readLog(wanted: LogQuery, after: number, limit: number): Promise<LogPage> {
    const { contents } = this.#open()
    return contents.logs.page(wanted, after, limit, { now: this.#parts.clock.now(), newest: contents.newest })
  }

  async behindLast(wanted: LogQuery, count: number): Promise<number> {
    return this.#open().contents.logs.behindLast(wanted, count, this.#parts.clock.now())
  }

  async logs(kind: LogKind, page?: SortedPageOptions): Promise<readonly LogInfo[]> {
    return this.#open().contents.logs.list(kind, this.#parts.clock.now(), page)
  }

  async retained(matches: (to: string) => boolean): Promise<readonly StoredEnvelope[]> {
    return this.#open().contents.retained.list(matches, this.#parts.clock.now())
  }

  async inspect(name: string): Promise<InboxState> {
    const { contents } = this.#open()
    const now = this.#parts.clock.now()
    const inbox = contents.inboxes.open(name, now)
    const position = { epoch: this.#epoch, seq: inbox.position(contents.newest, now) }
    return { position, newest: contents.newest, messages: inbox.messages, bytes: inbox.bytes }
  }

  async lastAccepted(producer: string): Promise<number> {
    return this.#open().contents.producers.last(producer)
  }

  async shelf(query: ShelfQuery): Promise<readonly ShelfEntry[]> {
    return this.#open().contents.shelf.query(query)
  }

  async nextDue(): Promise<number | undefined> {
    return this.#open().contents.shelf.nextDue
  }

  async expired(now: number, limit: number): Promise<readonly ExpiredEntry[]> {
    return this.#open().contents.inboxes.expired(now, limit)
  }

  async records(kind: string, prefix = ''): Promise<readonly RecordEntry[]> {
    return this.#open().contents.records.list(kind, prefix)
  }

  async check(): Promise<void> {
    this.#open()
    this.#file.check()
    this.#space.check()
    if (!this.#doubtful) return
    try {
      new Meta(this.#parts.database).probe()
      this.#doubtful = false
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** Moves everything into tables, and ends. What cannot be moved stays in the journal. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.[Symbol.dispose]()
    await this.#checkpointer.close()
    try {
      while (this.#live?.settler.slice());
    } catch (error) {
      this.#parts.logger.warn('what waits in the journal is settled at the next start', { reason: reasonOf(error) })
    } finally {
      this.#live = undefined
      this.#parts.database.close()
      this.#parts.lock[Symbol.dispose]()
    }
  }

  #open(): Live {
    if (this.#closed) throw new PosthouseError('closed', 'the SQLite inbox store was closed')
    try {
      this.#live ??= this.#load()
      return this.#live
    } catch (error) {
      throw new PosthouseError('store_failed', `${this.path} cannot be read: ${reasonOf(error)}`, { cause: error })
    }
  }

  #write(batch: Batch, contents: Contents): CommitOutcome {
    const section: Section = { bytes: unwritten }
    try {
      const outcome = new Commit(contents, this.#row, section, this.#parts.clock.now()).perform(batch)
      if (this.#row.empty) return outcome
      section.bytes = this.#row.finish()
      this.#journal.append(section.bytes)
      this.#checkpointer.wrote(section.bytes.byteLength)
      this.#space.wrote(section.bytes.byteLength)
      this.#doubtful = false
      return outcome
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #load(): Live {
    const { database, clock } = this.#parts
    const contents = new Contents(database, this.#parts)
    for (const row of this.#journal.rows()) replay(contents, row, clock.now())
    const synchronous = synchronousFor(this.#parts.durability)
    return { contents, settler: new Settler({ database, contents, journal: this.#journal, clock, synchronous }) }
  }

  /** What is in memory may be ahead of the disk now, and is read again. */
  #failed(cause: unknown): PosthouseError {
    this.#live = undefined
    this.#doubtful = true
    return new PosthouseError('store_failed', `${this.path} could not be written: ${reasonOf(cause)}`, { cause })
  }

  #settleLater(): void {
    const { bytes } = this.#journal
    if (bytes >= settleBytes) this.#settle()
    // Who writes faster than that settles some of it himself, the more the further behind it is.
    for (let behind = bytes - settleBytes; behind >= settleBytes && this.#live; behind -= settleBytes) this.#slice()
    this.#wait()
  }

  #wait(): void {
    this.#timer ??= this.#parts.clock.after(settleMs, () => this.#settle()).unref()
  }

  /** Begins a round, unless one is under way. */
  #settle(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (this.#settling || this.#closed) return
    this.#settling = true
    setImmediate(() => {
      this.#settling = false
      if (this.#closed) return
      const { pause } = this.#checkpointer
      if (pause !== undefined) void pause.then(() => this.#settle())
      else if (this.#slice()) this.#settle()
      // What was committed since the round began waits for the next one.
      else if (this.#journal.length > 0) this.#wait()
    })
  }

  /** @throws PosthouseError `store_failed` where that does not help */
  #settleAll(): void {
    // The round that is under way, and one that covers the rest.
    for (let rounds = 0; rounds < 2; rounds++) while (this.#slice());
    if (this.#journal.bytes <= mostBytes) return
    throw new PosthouseError('store_failed', `${this.path} takes no more, because its journal cannot be settled`)
  }

  /** Takes as little of the disk as is possible now. */
  #tidy(): void {
    this.#checkpointer.shorten()
    for (let rounds = 0; rounds < 2; rounds++) while (this.#slice());
    this.#checkpointer.shorten()
  }

  /** Settles for a moment. @returns whether the round has something left */
  #slice(): boolean {
    try {
      this.#checkpointer.wrote(sliceBytes)
      return this.#open().settler.slice()
    } catch (error) {
      this.#failed(error)
      this.#parts.logger.error('the journal could not be settled', { path: this.path, reason: reasonOf(error) })
      return false
    }
  }
}
