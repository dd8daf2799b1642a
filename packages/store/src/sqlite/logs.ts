import type { DatabaseSync } from 'node:sqlite'
import {
  ChannelBound,
  isLogKind,
  type LogInfo,
  type LogKind,
  type LogLimits,
  type LogPage,
  type LogQuery,
  type SortedPageOptions,
  type StoreBounds,
  type StoredEnvelope,
  sortedPage,
  wantedLogs,
} from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'
import { envelopeOf } from './entry.ts'
import { Log } from './log.ts'
import { type Logged, LogTable } from './log-table.ts'
import type { Meta } from './meta.ts'

/** Addresses whose trimming is remembered exactly although nothing is left in their log. */
const maxLogs = 10_000
/** Fresh entries that one step moves. */
const stepEntries = 64
/** From so many logs on, a page is found by going through all of them at once. */
const maxMerged = 32
/** Rows that one page goes through at most. */
const maxScanned = 8192
/** Rows that are looked up at once when the oldest have to go. */
const oldestAtOnce = 64

/** The logs of all addresses. Their heads are in memory, their messages until they are settled. */
export class Logs implements Settling {
  readonly #table: LogTable
  readonly #meta: Meta
  readonly #maxBytes: number
  readonly #bound: ChannelBound
  readonly #logs = new Map<string, Log>()
  readonly #changed = new Backlog<string, Log>()
  #bytes = 0
  /** The last position that was trimmed from a log that is not remembered any more. */
  #forgotten: number
  readonly #byId = new Map<number, Log>()
  /** The oldest rows of all logs, where they were looked up. */
  #front: { readonly seq: number; readonly address: number }[] = []
  #frontHead = 0

  constructor(database: DatabaseSync, meta: Meta, { logBytes, channels }: Pick<StoreBounds, 'logBytes' | 'channels'>) {
    this.#table = new LogTable(database)
    this.#meta = meta
    this.#maxBytes = logBytes
    this.#bound = new ChannelBound(channels)
    this.#forgotten = meta.number('log_forgotten')
    for (const row of this.#table.addresses()) {
      const log = Log.ofRow(row, this.#table)
      this.#logs.set(log.to, log)
      this.#byId.set(log.id, log)
      this.#bytes += log.bytes
      this.#recount(log, 0)
    }
  }

  push(to: string, logged: Logged, limits: LogLimits, now: number): void {
    const log = this.#open(to, limits)
    const { messages } = log
    this.#bytes += log.push(logged)
    this.#recount(log, messages)
    this.#trim(log, now)
    this.#changed.set(to, log)
    while (this.#bytes > this.#maxBytes && this.#dropOldest());
  }

  page(wanted: LogQuery, after: number, limit: number, place: { now: number; newest: number }): LogPage {
    const logs = wantedLogs(this.#logs, wanted)
    for (const log of logs) this.#trim(log, place.now)
    const trimmed = logs.reduce((last, log) => Math.max(last, log.trimmed), this.#forgotten)
    const wide = logs.length > maxMerged
    const { found, end } = wide
      ? this.#scan(logs, after, limit + 1, place.now)
      : merge(logs, after, limit + 1, place.now)
    const entries = found.slice(0, Math.max(0, limit))
    const all = Math.max(after, end ?? place.newest)
    return { entries, scanned: found.length > entries.length ? (entries.at(-1)?.seq ?? after) : all, trimmed }
  }

  behindLast(wanted: LogQuery, count: number, now: number): number {
    const logs = wantedLogs(this.#logs, wanted)
    for (const log of logs) this.#trim(log, now)
    // Those that were written to last come first: then most of the others have nothing that is new enough.
    logs.sort((a, b) => b.newest - a.newest)
    let seqs: number[] = []
    for (const log of logs) {
      const after = seqs[count - 1] ?? 0
      if (log.newest <= after) break
      const found = log.seqsBehind(after, count, now)
      if (found.length > 0) seqs = [...seqs, ...found].sort((a, b) => b - a).slice(0, count)
    }
    const oldest = seqs[count - 1]
    return oldest === undefined ? 0 : oldest - 1
  }

  /** True where a message to this address can be kept. */
  hasRoom(to: string, now: number): boolean {
    if ((this.#logs.get(to)?.messages ?? 0) > 0) return true
    return this.#bound.hasRoom(to, now, () => {
      for (const log of this.#logs.values()) this.#trim(log, now)
    })
  }

  list(kind: LogKind, now: number, page?: SortedPageOptions): LogInfo[] {
    const infos: LogInfo[] = []
    for (const log of this.#logs.values()) {
      if (!isLogKind(log.to, kind)) continue
      this.#trim(log, now)
      if (log.messages > 0) infos.push(log.info)
    }
    return sortedPage(infos, ({ to }) => to, page)
  }

  begin(now: number): void {
    for (const log of this.#logs.values()) this.#trim(log, now)
    if (this.#logs.size > maxLogs) this.#forgetEmpty()
    // What was moved since may be older than what was looked up.
    this.#front = []
    this.#frontHead = 0
    this.#changed.begin()
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: to, value: log } = next
    if (log.settle(stepEntries)) this.#changed.done(to)
    this.#byId.set(log.id, log)
    return this.#changed.open
  }

  #open(to: string, limits: LogLimits): Log {
    const known = this.#logs.get(to)
    if (known !== undefined) {
      known.limits = limits
      return known
    }
    const log = new Log(to, limits, this.#table)
    this.#logs.set(to, log)
    return log
  }

  #trim(log: Log, now: number): void {
    const { messages } = log
    const bytes = log.trim(now)
    if (log.messages === messages) return
    this.#recount(log, messages)
    this.#bytes -= bytes
    this.#changed.set(log.to, log)
  }

  /** A log held so many messages before. */
  #recount({ to, messages }: Log, before: number): void {
    if (messages > 0 !== before > 0) this.#bound.count(to, messages > 0 ? 1 : -1)
  }

  /** Goes through the rows of all logs, and then through what is fresh. */
  #scan(logs: readonly Log[], after: number, limit: number, now: number): { found: StoredEnvelope[]; end?: number } {
    const wanted = new Set(logs)
    const found: StoredEnvelope[] = []
    const rows = this.#table.scan(after, maxScanned)
    for (const { seq, address, expires } of rows) {
      const log = this.#byId.get(address)
      if (log === undefined || !wanted.has(log) || seq <= log.trimmed || expires <= now) continue
      const row = this.#table.one(seq)
      if (row) found.push(row)
      if (found.length === limit) return { found: withFresh(found, logs, { after, upTo: seq, now }) }
    }
    const last = rows.at(-1)?.seq ?? after
    if (rows.length === maxScanned) return { found: withFresh(found, logs, { after, upTo: last, now }), end: last }
    return { found: withFresh(found, logs, { after, upTo: Number.POSITIVE_INFINITY, now }) }
  }

  /** False where there is nothing to drop. */
  #dropOldest(): boolean {
    const log = this.#oldestInTable() ?? this.#oldestFresh()
    if (log === undefined) return false
    const { messages } = log
    this.#bytes -= log.dropOldest()
    this.#recount(log, messages)
    this.#changed.set(log.to, log)
    return true
  }

  #oldestInTable(): Log | undefined {
    for (;;) {
      const row = this.#front[this.#frontHead]
      if (row === undefined) {
        this.#front = this.#table.oldestOfAll(this.#front.at(-1)?.seq ?? 0, oldestAtOnce)
        this.#frontHead = 0
        if (this.#front.length === 0) return undefined
        continue
      }
      const log = this.#byId.get(row.address)
      if (log !== undefined && row.seq > log.trimmed) return log
      this.#frontHead++
    }
  }

  #oldestFresh(): Log | undefined {
    let first: Log | undefined
    for (const log of this.#changed.values()) {
      const seq = log.firstFresh?.seq ?? Number.POSITIVE_INFINITY
      if (seq < (first?.firstFresh?.seq ?? Number.POSITIVE_INFINITY)) first = log
    }
    return first
  }

  /** Remembers less exactly what was trimmed from the logs that hold nothing now. */
  #forgetEmpty(): void {
    for (const log of this.#logs.values()) {
      if (log.messages > 0 || this.#changed.has(log.to)) continue
      this.#forgotten = Math.max(this.#forgotten, log.trimmed)
      this.#logs.delete(log.to)
      this.#byId.delete(log.id)
      log.forget()
    }
    this.#meta.set('log_forgotten', this.#forgotten)
  }
}

function merge(
  logs: readonly Log[],
  after: number,
  limit: number,
  now: number,
): { found: StoredEnvelope[]; end?: number } {
  const found = logs.flatMap((log) => log.after(after, limit, now))
  return { found: found.sort((a, b) => a.seq - b.seq) }
}

function withFresh(
  found: StoredEnvelope[],
  logs: readonly Log[],
  { after, upTo, now }: { after: number; upTo: number; now: number },
): StoredEnvelope[] {
  for (const log of logs) {
    for (const { seq, entry, expires } of log.fresh(Math.max(after, log.trimmed))) {
      if (seq <= upTo && expires > now) found.push({ seq, envelope: envelopeOf(entry) })
    }
  }
  return found.sort((a, b) => a.seq - b.seq)
}
