import { ChannelBound } from './channel-bound.ts'
import { firstBehind } from './first-behind.ts'
import { type SortedPageOptions, sortedPage } from './sorted-page.ts'
import type { LogInfo, LogKind, LogPage, LogQuery, StoreBounds, StoredEnvelope } from './store.ts'
import type { LogLimits } from './store-batch.ts'
import { isLogKind, wantedLogs } from './wanted-logs.ts'

interface NewEntry extends StoredEnvelope {
  readonly bytes: number
}

interface Kept extends NewEntry {
  readonly log: OneLog
}

interface OneLog {
  readonly to: string
  limits: LogLimits
  readonly entries: Kept[]
  head: number
  bytes: number
  trimmed: number
}

/** Addresses whose trimming is remembered exactly although nothing is left in their log. */
const maxEmpty = 10_000

/** The log: what many read, each from where he is, kept once per address and trimmed by count and age. */
export class MemoryLog {
  readonly #maxBytes: number
  readonly #bound: ChannelBound
  readonly #logs = new Map<string, OneLog>()
  /** Everything that is kept, oldest first. */
  readonly #kept = new Map<number, Kept>()
  #bytes = 0
  /** How many logs hold nothing. */
  #empty = 0
  /** The last position that was trimmed from a log that is not remembered any more. */
  #forgotten = 0

  constructor({ logBytes, channels }: Pick<StoreBounds, 'logBytes' | 'channels'>) {
    this.#maxBytes = logBytes
    this.#bound = new ChannelBound(channels)
  }

  push(entry: NewEntry, limits: LogLimits, now: number): void {
    const log = this.#open(entry.envelope.to, limits)
    const kept = { ...entry, log }
    if (log.head === log.entries.length) this.#filled(log, 1)
    log.entries.push(kept)
    log.bytes += entry.bytes
    this.#bytes += entry.bytes
    this.#kept.set(entry.seq, kept)
    this.#trim(log, now)
    while (this.#bytes > this.#maxBytes) this.#dropOldest()
  }

  page(
    wanted: LogQuery,
    after: number,
    limit: number,
    place: { readonly now: number; readonly newest: number },
  ): LogPage {
    const logs = wantedLogs(this.#logs, wanted)
    for (const log of logs) this.#trim(log, place.now)
    const found = logs.flatMap((log) => live(log, after, limit + 1, place.now))
    if (logs.length > 1) found.sort((a, b) => a.seq - b.seq)
    const page = found.slice(0, Math.max(0, limit))
    const scanned = found.length > page.length ? (page.at(-1)?.seq ?? after) : Math.max(after, place.newest)
    const trimmed = logs.reduce((last, log) => Math.max(last, log.trimmed), this.#forgotten)
    return { entries: page.map(({ seq, envelope }) => ({ seq, envelope })), scanned, trimmed }
  }

  behindLast(wanted: LogQuery, count: number, now: number): number {
    const logs = wantedLogs(this.#logs, wanted)
    for (const log of logs) this.#trim(log, now)
    let seqs: number[] = []
    for (const log of logs) {
      const found = newest(log, { after: seqs[count - 1] ?? 0, count, now })
      if (found.length > 0) seqs = [...seqs, ...found].sort((a, b) => b - a).slice(0, count)
    }
    const oldest = seqs[count - 1]
    return oldest === undefined ? 0 : oldest - 1
  }

  /** True where a message to this address can be kept. */
  hasRoom(to: string, now: number): boolean {
    const log = this.#logs.get(to)
    if (log !== undefined && log.head < log.entries.length) return true
    return this.#bound.hasRoom(to, now, () => {
      for (const each of this.#logs.values()) this.#trim(each, now)
    })
  }

  list(kind: LogKind, now: number, page?: SortedPageOptions): LogInfo[] {
    const infos: LogInfo[] = []
    for (const log of this.#logs.values()) {
      if (!isLogKind(log.to, kind)) continue
      this.#trim(log, now)
      const last = log.entries.at(-1)
      if (last === undefined || log.head === log.entries.length) continue
      const messages = log.entries.length - log.head
      infos.push({ to: log.to, messages, bytes: log.bytes, newest: last.seq, ts: last.envelope.ts })
    }
    return sortedPage(infos, ({ to }) => to, page)
  }

  #open(to: string, limits: LogLimits): OneLog {
    const known = this.#logs.get(to)
    if (known !== undefined) {
      known.limits = limits
      return known
    }
    const log = { to, limits, entries: [], head: 0, bytes: 0, trimmed: 0 }
    this.#logs.set(to, log)
    this.#empty++
    // Counted, because looking for them each time would take as long as there are logs.
    if (this.#empty > maxEmpty) this.#forgetEmpty(log)
    return log
  }

  /** Remembers less exactly what was trimmed from the logs that hold nothing now. */
  #forgetEmpty(except: OneLog): void {
    for (const log of this.#logs.values()) {
      if (log === except || log.head < log.entries.length) continue
      this.#forgotten = Math.max(this.#forgotten, log.trimmed)
      this.#logs.delete(log.to)
      this.#empty--
    }
  }

  /** One log more holds something, or one less. */
  #filled({ to }: OneLog, change: 1 | -1): void {
    this.#empty -= change
    this.#bound.count(to, change)
  }

  #trim(log: OneLog, now: number): void {
    const oldest = now - log.limits.ageMs
    for (let entry = log.entries[log.head]; entry !== undefined; entry = log.entries[log.head]) {
      if (log.entries.length - log.head <= log.limits.messages && entry.envelope.ts > oldest) break
      this.#drop(entry)
    }
  }

  #dropOldest(): void {
    const [oldest] = this.#kept.values()
    if (oldest !== undefined) this.#drop(oldest)
  }

  /** Drops an entry that is the oldest of its log. */
  #drop({ seq, bytes, log }: Kept): void {
    this.#kept.delete(seq)
    this.#bytes -= bytes
    log.bytes -= bytes
    log.trimmed = seq
    log.head++
    if (log.head === log.entries.length) this.#filled(log, -1)
    // Shifting one by one is quadratic in the backlog; cutting when half is gone is linear overall.
    if (log.head * 2 <= log.entries.length) return
    log.entries.splice(0, log.head)
    log.head = 0
  }
}

/** Up to `limit` of a log behind a position, without what has expired. */
function live(log: OneLog, after: number, limit: number, now: number): Kept[] {
  const found: Kept[] = []
  for (
    let index = firstBehind(log.entries, after, log.head);
    index < log.entries.length && found.length < limit;
    index++
  ) {
    const entry = log.entries[index]
    if (entry !== undefined && (entry.envelope.expiresAt ?? Infinity) > now) found.push(entry)
  }
  return found
}

/** The positions of up to `count` of a log behind a position, the newest first, without what has expired. */
function newest(log: OneLog, { after, count, now }: { after: number; count: number; now: number }): number[] {
  const found: number[] = []
  for (let index = log.entries.length - 1; index >= log.head && found.length < count; index--) {
    const entry = log.entries[index]
    if (entry === undefined || entry.seq <= after) break
    if ((entry.envelope.expiresAt ?? Infinity) > now) found.push(entry.seq)
  }
  return found
}
