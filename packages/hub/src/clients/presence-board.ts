import type { ClientInfo, ListedFrame, PresenceFrame } from '@posthouse/protocol'
import type { Flushable, Flusher } from '../door/flusher.ts'
import type { Tally } from '../stats/tally.ts'
import type { ClientRecord, SessionEntry } from './client-record.ts'
import type { Registry } from './registry.ts'

/** Clients in one frame: so few that the frame stays far below the frame limit. */
const pageSize = 1000

/** What a presence board needs. */
interface PresenceBoardOptions {
  readonly registry: () => Registry
  readonly flusher: Flusher
  readonly node: string
  readonly tally: Tally
}

/** Answers who is there, and tells those who want to know of changes, gathered per tick. */
export class PresenceBoard implements Flushable {
  readonly #registry: () => Registry
  readonly #flusher: Flusher
  readonly #node: string
  readonly #tally: Tally
  readonly #watchers = new Set<SessionEntry>()
  #changed = new Map<string, ClientInfo>()

  constructor(options: PresenceBoardOptions) {
    this.#registry = options.registry
    this.#flusher = options.flusher
    this.#node = options.node
    this.#tally = options.tally
  }

  /** Notes that a client came or went. */
  changed(record: ClientRecord): void {
    if (this.#watchers.size === 0) return
    this.#changed.set(record.id, this.info(record))
    this.#flusher.add(this)
  }

  /** Tells `entry` who is there now, and of changes from now on. */
  watch(entry: SessionEntry): void {
    this.#watchers.add(entry)
    this.#tally.presenceAnswers++
    entry.carrier?.stream(this.#snapshot())
  }

  /** True where `entry` wants to know of changes. */
  watches(entry: SessionEntry): boolean {
    return this.#watchers.has(entry)
  }

  unwatch(entry: SessionEntry): void {
    this.#watchers.delete(entry)
  }

  flush(): void {
    const pages = paged([...this.#changed.values()])
    this.#changed = new Map()
    const frames = pages.map((clients): PresenceFrame => ({ op: 'presence', full: false, clients }))
    for (const entry of this.#watchers) entry.carrier?.write(frames)
  }

  /** Everyone who is known, or only those who are online, by id. */
  list(onlyOnline: boolean): ClientInfo[] {
    return this.#records(onlyOnline).map((record) => this.info(record))
  }

  /** The frames that answer `list`, each made when it is asked for: its clients are shown as they are then. */
  *listed(id: string, onlyOnline: boolean): Iterable<ListedFrame> {
    this.#tally.listAnswers++
    const pages = paged(this.#records(onlyOnline))
    for (const [index, page] of pages.entries()) {
      const clients = page.map((record) => this.info(record))
      yield { op: 'list', id, ...(index < pages.length - 1 && { more: true }), clients }
    }
  }

  /** One client as others see it. */
  info(record: ClientRecord): ClientInfo {
    const { id: client, online, link, lastSeen, loginAt } = record
    const base = { client, online, lastSeen, node: this.#node }
    return online && link ? { ...base, since: loginAt, dialect: link.dialect } : base
  }

  /** Changes may be told between its frames: what they say of a client is never older than what was said before. */
  *#snapshot(): Iterable<PresenceFrame> {
    for (const [index, page] of paged(this.#records(true)).entries()) {
      yield { op: 'presence', full: index === 0, clients: page.map((record) => this.info(record)) }
    }
  }

  #records(onlyOnline: boolean): ClientRecord[] {
    const found = [...this.#registry().all()].filter((record) => record.online || !onlyOnline)
    return found.sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

function paged<Item>(clients: readonly Item[]): Item[][] {
  const pages: Item[][] = []
  for (let start = 0; start < clients.length; start += pageSize) pages.push(clients.slice(start, start + pageSize))
  return pages.length > 0 ? pages : [[]]
}
