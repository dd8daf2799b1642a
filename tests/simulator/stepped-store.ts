import type {
  Batch,
  CommitOutcome,
  Durability,
  ExpiredEntry,
  InboxState,
  InboxStore,
  LogInfo,
  LogKind,
  LogPage,
  LogQuery,
  RecordEntry,
  ShelfEntry,
  ShelfQuery,
  SortedPageOptions,
  StoredEnvelope,
} from '@posthouse/core'

/** Told what a commit did, in the order in which commits took effect. */
export type CommitListener = (batch: Batch, outcome: CommitOutcome) => void
interface Operation {
  readonly name: string
  run(): Promise<void>
  fail(): void
  /** Has its effect, and nobody is told. */
  take(): void
}

/** A store whose operations wait until they are told to go on, so that anything may happen meanwhile. */
export class SteppedStore implements InboxStore {
  readonly durability: Durability
  readonly #inner: InboxStore
  readonly #eager: boolean
  readonly #onCommit: CommitListener
  #waiting: Operation[] = []
  #halted = false

  /** @param options `eager`: operations take effect when they are called, and only their answers wait. */
  constructor(inner: InboxStore, options: { readonly eager: boolean; readonly onCommit: CommitListener }) {
    this.durability = inner.durability
    this.#inner = inner
    this.#eager = options.eager
    this.#onCommit = options.onCommit
  }

  /** What waits, by name. */
  get waiting(): readonly string[] {
    return this.#waiting.map(({ name }) => name)
  }

  /** Lets one operation go on. */
  step(index: number): void {
    const [operation] = this.#waiting.splice(index, 1)
    void operation?.run()
  }

  /** Has one operation fail without effect; where effects are immediate it goes on instead. */
  fail(index: number): void {
    if (this.#eager) this.step(index)
    else this.#waiting.splice(index, 1)[0]?.fail()
  }

  commit(batch: Batch): Promise<CommitOutcome> {
    return this.#enter('commit', async () => {
      const outcome = await this.#inner.commit(batch)
      this.#onCommit(batch, outcome)
      return outcome
    })
  }

  read(inbox: string, after: number, limit: number): Promise<readonly StoredEnvelope[]> {
    return this.#enter('read', () => this.#inner.read(inbox, after, limit))
  }

  readLog(wanted: LogQuery, after: number, limit: number): Promise<LogPage> {
    return this.#enter('readLog', () => this.#inner.readLog(wanted, after, limit))
  }

  behindLast(wanted: LogQuery, count: number): Promise<number> {
    return this.#enter('behindLast', () => this.#inner.behindLast(wanted, count))
  }

  logs(kind: LogKind, page?: SortedPageOptions): Promise<readonly LogInfo[]> {
    return this.#enter('logs', () => this.#inner.logs(kind, page))
  }

  retained(matches: (to: string) => boolean): Promise<readonly StoredEnvelope[]> {
    return this.#enter('retained', () => this.#inner.retained(matches))
  }

  inspect(inbox: string): Promise<InboxState> {
    return this.#enter('inspect', () => this.#inner.inspect(inbox))
  }

  lastAccepted(producer: string): Promise<number> {
    return this.#enter('lastAccepted', () => this.#inner.lastAccepted(producer))
  }

  shelf(query: ShelfQuery): Promise<readonly ShelfEntry[]> {
    return this.#enter('shelf', () => this.#inner.shelf(query))
  }

  nextDue(): Promise<number | undefined> {
    return this.#enter('nextDue', () => this.#inner.nextDue())
  }

  expired(now: number, limit: number): Promise<readonly ExpiredEntry[]> {
    return this.#enter('expired', () => this.#inner.expired(now, limit))
  }

  records(kind: string, prefix?: string): Promise<readonly RecordEntry[]> {
    return this.#enter('records', () => this.#inner.records(kind, prefix))
  }

  /** The hub that uses it has died: of what waits to be written the first `commits` take effect, and nothing later. */
  halt(commits = 0): void {
    const written = this.#waiting.filter(({ name }) => name === 'commit').slice(0, commits)
    if (!this.#eager) for (const operation of written) operation.take()
    this.#halted = true
    this.#waiting = []
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.halt()
  }

  #enter<Value>(name: string, effect: () => Promise<Value>): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    if (this.#halted) return promise
    const early = this.#eager ? effect() : undefined
    this.#waiting.push({
      name,
      run: () => (early ?? effect()).then(resolve, reject),
      fail: () => reject(new Error('the disk is full')),
      take: () => void effect(),
    })
    return promise
  }
}
