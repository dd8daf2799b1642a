import { type Clock, type Logger, type Timer, toPosthouseError } from '@posthouse/core'
import {
  type ClientInfo,
  type ErrorFrame,
  errorFrame,
  type HubAction,
  type ListedFrame,
  type ListFrame,
  type PresenceFrame,
} from '@posthouse/protocol'
import { Access } from '../access/access.ts'
import type { Flushable, Flusher } from '../door/flusher.ts'
import { QuestionRate } from '../limits/question-rate.ts'
import type { Tally } from '../stats/tally.ts'
import type { ClientRecord, SessionCarrier, SessionEntry } from './client-record.ts'
import { readState } from './client-state.ts'
import { PresenceNews } from './presence-news.ts'
import { infoOf, type PageOptions, pagesOf } from './presence-pages.ts'
import type { Registry } from './registry.ts'

/** Told of clients that came, went, or changed their state: as they are at the end of a tick. */
export type HubPresenceHandler = (clients: readonly ClientInfo[]) => void

/** What a presence board works with. */
export interface PresenceBoardOptions extends PageOptions {
  readonly registry: () => Registry
  readonly flusher: Flusher
  readonly clock: Clock
  readonly logger: Logger
  readonly tally: Tally
}

/** Changes of states are told this often at most, in milliseconds: there may be many, and each goes to every watcher. */
const statesEveryMs = 50

/** What a client asks about who is there. */
type Question = Extract<HubAction, { readonly do: 'list' | 'watch' }>

/** How far a watcher has been told. */
interface Watch {
  /** A snapshot is on its way. */
  streaming: boolean
  /** Something changed that could not be told: another snapshot is due. */
  stale: boolean
}

/** Answers who is there, and tells those who want to know of changes, gathered per tick. */
export class PresenceBoard implements Flushable, Disposable {
  readonly #options: PresenceBoardOptions
  readonly #watchers = new Map<SessionEntry, Watch>()
  /** Those whose question waits for its answer, each with the last one. */
  readonly #wishes = new Map<SessionEntry, Question>()
  readonly #handlers = new Set<HubPresenceHandler>()
  /** Watchers that are to be told everything anew. */
  readonly #renewed = new Set<SessionEntry>()
  #renewing: NodeJS.Immediate | undefined
  #changed = new Map<string, ClientRecord>()
  #toldAt = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined

  constructor(options: PresenceBoardOptions) {
    this.#options = options
  }

  /** Notes that a client came or went. It is told at the end of this tick. */
  changed(record: ClientRecord): void {
    if (this.#note(record)) this.#options.flusher.add(this)
  }

  /** Sets what a client says about itself, or returns the answer to what is no state; `null` takes it back. */
  setState(record: ClientRecord, raw: unknown): readonly ErrorFrame[] {
    const { session } = record
    try {
      const state = readState(raw)
      if (session === undefined || state?.json === session.state?.json) return []
      session.state = state
      if (record.online && this.#note(record)) this.#tellSoon()
      return []
    } catch (error) {
      return [errorFrame(toPosthouseError(error), 'presence')]
    }
  }

  /**
   * Answers a client's question about who is there, or refuses it where there were too many. Who wants to be told of changes
   * is answered by `grant`. Spec: 6.7.6.
   */
  answer(entry: SessionEntry, question: Question): readonly ErrorFrame[] {
    if (question.do === 'watch' && !question.on) {
      this.unwatch(entry)
      return []
    }
    entry.questions ??= new QuestionRate(this.#options.clock)
    const error = entry.questions.ask(this.#options.registry().size)
    if (error !== undefined) {
      return [question.do === 'watch' ? errorFrame(error, 'presence') : errorFrame(error, 'list', question.frame.id)]
    }
    if (question.do === 'watch') this.#wishes.set(entry, question)
    else entry.carrier?.stream(this.listed(question.frame, entry.carrier.access))
    return []
  }

  /** Answers a question that has waited, unless its client has asked another one or been answered meanwhile. */
  grant(entry: SessionEntry, question: Question): void {
    if (this.#wishes.get(entry) === question) this.watch(entry)
  }

  /** Tells `entry` who is there now, and of changes from now on. */
  watch(entry: SessionEntry): void {
    this.#wishes.delete(entry)
    // What is noted already is part of the snapshot, and must not be told beside it.
    this.#watchers.delete(entry)
    this.flush()
    const watch = { streaming: true, stale: false }
    this.#watchers.set(entry, watch)
    this.#options.tally.presenceAnswers++
    const { carrier } = entry
    carrier?.stream(this.#snapshots(entry, watch, carrier))
  }

  /**
   * Tells `entry` everything anew, where it watches, because it may see others now. Of many such, one after the other:
   * each is told of everyone.
   */
  renew(entry: SessionEntry): void {
    if (!this.#watchers.has(entry)) return
    // What is on its way to it shows whom it could see before.
    this.#watchers.set(entry, { streaming: true, stale: false })
    this.#renewed.add(entry)
    this.#renewing ??= setImmediate(() => this.#renewNext())
  }

  /** `entry`, whose client is not back yet, wants to know of changes, as it said to an earlier run of the hub. */
  expect(entry: SessionEntry): void {
    this.#watchers.set(entry, { streaming: false, stale: false })
  }

  /** True where `entry` wants to know of changes. */
  watches(entry: SessionEntry): boolean {
    return this.#watchers.has(entry) || this.#wishes.has(entry)
  }

  unwatch(entry: SessionEntry): void {
    this.#watchers.delete(entry)
    this.#wishes.delete(entry)
  }

  /** Has `handler` told of changes until disposed of. */
  handle(handler: HubPresenceHandler): Disposable {
    // A function of its own: the same handler may be added twice.
    const added: HubPresenceHandler = (clients) => handler(clients)
    this.#handlers.add(added)
    return { [Symbol.dispose]: () => void this.#handlers.delete(added) }
  }

  flush(): void {
    if (this.#changed.size === 0) return
    const records = [...this.#changed.values()]
    this.#changed = new Map()
    this.#toldAt = this.#options.clock.elapsed()
    const news = new PresenceNews(records, this.#options)
    for (const [entry, watch] of this.#watchers) if (entry.carrier) this.#tell(entry, watch, entry.carrier, news)
    if (this.#handlers.size > 0) this.#callHandlers(records.map((record) => this.info(record)))
  }

  /** Everyone who is known, or only those who are online, by id, as far as `access` lets one see them. */
  list(onlyOnline: boolean, access: Access = Access.everything): ClientInfo[] {
    return this.#records(onlyOnline, access).map((record) => this.info(record))
  }

  /** The frames that answer `list`, each made when it is asked for: its clients are shown as they are then. */
  *listed({ id, online = true }: ListFrame, access: Access): Iterable<ListedFrame> {
    this.#options.tally.listAnswers++
    for (const { clients, more } of pagesOf(this.#records(online, access), this.#options)) {
      yield { op: 'list', id, ...(more && { more }), clients }
    }
  }

  /** One client as others see it. */
  info(record: ClientRecord): ClientInfo {
    return infoOf(record, this.#options.node)
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#renewing)
    this.#timer?.[Symbol.dispose]()
  }

  #renewNext(): void {
    this.#renewing = undefined
    const [next] = this.#renewed
    if (next === undefined) return
    this.#renewed.delete(next)
    if (this.#watchers.has(next)) this.watch(next)
    if (this.#renewed.size > 0) this.#renewing = setImmediate(() => this.#renewNext())
  }

  /** False where nobody wants to know. */
  #note(record: ClientRecord): boolean {
    if (this.#watchers.size === 0 && this.#handlers.size === 0) return false
    this.#changed.set(record.id, record)
    return true
  }

  #tellSoon(): void {
    const { clock, flusher } = this.#options
    const waitMs = this.#toldAt + statesEveryMs - clock.elapsed()
    if (waitMs <= 0) flusher.add(this)
    else {
      this.#timer ??= clock
        .after(waitMs, () => {
          this.#timer = undefined
          flusher.add(this)
        })
        .unref()
    }
  }

  /** Whoever reads too slowly is told in full, once it has read what waits: changes must not pile up. */
  #tell(entry: SessionEntry, watch: Watch, carrier: SessionCarrier, news: PresenceNews): void {
    for (const frame of news.edition(carrier)) {
      if (carrier.writable) carrier.writeEncoded(frame)
      else {
        this.#catchUp(entry, watch, carrier)
        return
      }
    }
  }

  #catchUp(entry: SessionEntry, watch: Watch, carrier: SessionCarrier): void {
    if (watch.streaming) watch.stale = true
    else {
      watch.streaming = true
      carrier.stream(this.#snapshots(entry, watch, carrier))
    }
  }

  #callHandlers(clients: readonly ClientInfo[]): void {
    for (const handler of [...this.#handlers]) {
      try {
        handler(clients)
      } catch (cause) {
        const error = toPosthouseError(cause, 'handler_failed')
        this.#options.logger.error('a handler of presence failed', { error })
      }
    }
  }

  /**
   * Changes may be told between its frames: what they say of a client is never older than what was said before. A pass is
   * always finished, however much changes meanwhile; otherwise a slow reader would never hear of the last clients.
   */
  *#snapshots(entry: SessionEntry, watch: Watch, carrier: SessionCarrier): Iterable<PresenceFrame> {
    do {
      watch.stale = false
      let full = true
      for (const { clients } of pagesOf(this.#records(true, carrier.access), this.#options)) {
        if (this.#watchers.get(entry) !== watch) return
        yield { op: 'presence', full, clients }
        full = false
      }
    } while (watch.stale)
    watch.streaming = false
  }

  #records(onlyOnline: boolean, access: Access): ClientRecord[] {
    const all = access.mayAlways('see')
    const known = this.#options.registry().sorted()
    return known.filter((record) => (record.online || !onlyOnline) && (all || access.sees(record.id)))
  }
}
