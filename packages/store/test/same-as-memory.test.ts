import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  type Append,
  type Batch,
  type Clock,
  type Envelope,
  type InboxStore,
  ManualClock,
  MemoryInboxStore,
} from '@posthouse/core'
import { openSqliteStore, type SqliteStore } from '@posthouse/store/sqlite'
import fc from 'fast-check'
import { type Folder, temporaryFolder } from './folder.ts'

const inboxes = ['ann', 'bob', 'cid', 'ann\nall', '\nqueue\njobs\n5'] as const
const addresses = ['bob', 'channel:a', 'channel:b', 'group:g', 'all'] as const
const settings = {
  limits: { messages: 6, bytes: 3000, ageMs: 5000 },
  bounds: { logBytes: 2500, retained: 2, scheduled: 3, deadLetters: 2 },
}

const startedAt = 1_700_000_000_000

type Step =
  | { readonly do: 'commit'; readonly batch: Batch }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'settle' | 'reopen' | 'kill' }

const inbox = fc.constantFrom(...inboxes)
const position = fc.integer({ min: 1, max: 60 })
const producer = fc.record({ producer: fc.constantFrom('p', 'q'), n: fc.integer({ min: 1, max: 20 }) })
const limits = fc.record({ messages: fc.integer({ min: 1, max: 4 }), ageMs: fc.constantFrom(2000, 100_000) })
const attempt = fc.integer({ min: 1, max: 3 })

const appends: fc.Arbitrary<Append> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        envelope: envelope(),
        recipients: fc.uniqueArray(inbox, { maxLength: 3 }),
        log: limits,
        retain: fc.constantFrom('keep' as const, 'clear' as const),
        attempt,
        from: producer,
        takes: position,
      },
      { requiredKeys: ['envelope', 'recipients'] },
    ),
  },
  fc.record(
    {
      envelope: envelope(),
      dueAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_009_000 }),
      inbox,
      attempt,
      from: producer,
      takes: position,
    },
    { requiredKeys: ['envelope', 'dueAt'] },
  ),
  fc.record(
    { envelope: envelope(), dead: fc.constant('forbidden' as const), inbox, attempt, from: producer, takes: position },
    { requiredKeys: ['envelope', 'dead'] },
  ),
  fc.record({ from: producer, refusal: fc.constant('forbidden' as const) }),
)

const removal = fc.record(
  {
    inbox,
    seq: position,
    to: fc.oneof(
      fc.record({ dueAt: fc.constantFrom(1_700_000_001_000, 1_700_000_005_000), attempt }),
      fc.record({ dead: fc.constant('forbidden' as const), attempt }),
    ),
  },
  { requiredKeys: ['inbox', 'seq'] },
)

const record = fc.record({
  kind: fc.constantFrom('session', 'client'),
  key: fc.constantFrom('a', 'ab', 'b', '\u{1F600}', '\uFFFD'),
  value: fc.oneof(fc.constant(undefined), fc.integer(), fc.constant({ list: ['ü'] })),
})

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      batch: fc.record(
        {
          appends: fc.array(appends, { maxLength: 4 }),
          acknowledgements: fc.array(fc.record({ inbox, seq: position }), { maxLength: 2 }),
          removals: fc.array(removal, { maxLength: 2 }),
          unshelve: fc.array(position, { maxLength: 1 }),
          records: fc.array(record, { maxLength: 2 }),
          forget: fc.array(inbox, { maxLength: 1 }),
        },
        { requiredKeys: ['appends', 'acknowledgements'] },
      ),
    }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 1500, 4000) }),
  fc.record({ do: fc.constantFrom('settle' as const, 'reopen' as const, 'kill' as const) }),
)

test('whatever is done, and however it is interrupted, the SQLite store says what the memory store says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (all) => {
      using folder = temporaryFolder()
      await using pair = await Pair.open(folder)
      for (const step of all) {
        await pair.take(step)
        assert.deepEqual(await everything(pair.sqlite, pair.clock), await everything(pair.memory, pair.clock))
      }
    }),
    { interruptAfterTimeLimit: 100_000, numRuns: Number(process.env.POSTHOUSE_RUNS ?? 60) },
  )
})

/** Both stores, doing the same. */
class Pair implements AsyncDisposable {
  readonly clock: ManualClock
  readonly memory: MemoryInboxStore
  readonly #folder: Folder
  #path: string
  sqlite: SqliteStore

  constructor(folder: Folder, clock: ManualClock, sqlite: SqliteStore) {
    this.#folder = folder
    this.#path = folder.database
    this.clock = clock
    this.sqlite = sqlite
    this.memory = new MemoryInboxStore({ ...settings, clock })
  }

  static async open(folder: Folder): Promise<Pair> {
    const clock = new ManualClock()
    return new Pair(folder, clock, await open(folder.database, clock))
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'commit') await this.#commit(step.batch)
    else if (step.do === 'wait') this.clock.advance(step.ms)
    else if (step.do === 'settle') await settleSome(this.clock)
    else await this.#interrupt(step.do)
  }

  async #commit(drawn: Batch): Promise<void> {
    const batch = { ...drawn, appends: drawn.appends.map((append) => shifted(append, this.clock.now() - startedAt)) }
    assert.deepEqual(await this.sqlite.commit(batch), await this.memory.commit(batch))
  }

  async #interrupt(how: 'kill' | 'reopen'): Promise<void> {
    const path = how === 'kill' ? this.#folder.killed(this.#path) : this.#path
    await this.sqlite[Symbol.asyncDispose]()
    this.#path = path
    this.sqlite = await open(path, this.clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sqlite[Symbol.asyncDispose]()
  }
}

/** As it was drawn, but not from the past: nothing has expired when it comes. */
function shifted(append: Append, ms: number): Append {
  if (!('envelope' in append)) return append
  const { ts, expiresAt, ...envelope } = append.envelope
  const times = { ts: ts + ms, ...(expiresAt !== undefined && { expiresAt: expiresAt + ms }) }
  return { ...append, envelope: { ...envelope, ...times } }
}

/** Slices end after two steps, so that the store is found in every half-way state. */
function open(path: string, clock: ManualClock): Promise<SqliteStore> {
  let elapsed = 0
  const hurried: Clock = {
    now: () => clock.now(),
    elapsed: () => ++elapsed,
    after: (ms, task) => clock.after(ms, task),
  }
  return openSqliteStore({ path, durability: 'process', ...settings, clock: hurried })
}

async function settleSome(clock: ManualClock): Promise<void> {
  clock.advance(1000)
  await setImmediate()
  await setImmediate()
}

async function everything(store: InboxStore, clock: ManualClock): Promise<unknown> {
  const all: unknown[] = []
  for (const name of inboxes) {
    const { position, ...state } = await store.inspect(name)
    all.push({ name, seq: position.seq, ...state, entries: plain(await store.read(name, 0, 100)) })
  }
  for (const to of addresses) all.push(to, await pages(store, { to }))
  all.push(await pages(store, { kind: 'channel', matches: () => true }))
  for (const kind of ['channel', 'group', 'all'] as const) all.push(await store.logs(kind))
  all.push(plain(await store.retained(() => true)))
  for (const kind of ['scheduled', 'dead'] as const) all.push(plain(await store.shelf({ kind, limit: 100 })))
  all.push(await store.nextDue(), await store.lastAccepted('p'), await store.lastAccepted('q'))
  const expired = plain(await store.expired(clock.now(), 100)) as { inbox: string; seq: number }[]
  all.push(expired.sort((a, b) => a.seq - b.seq || (a.inbox < b.inbox ? -1 : 1)))
  for (const kind of ['session', 'client']) all.push(await store.records(kind), await store.records(kind, 'a'))
  return all
}

async function pages(store: InboxStore, wanted: Parameters<InboxStore['readLog']>[0]): Promise<unknown> {
  const found: unknown[] = []
  for (const count of [1, 2, 5]) found.push(await store.behindLast(wanted, count))
  let page = await store.readLog(wanted, 0, 3)
  const { trimmed } = page
  for (; ; page = await store.readLog(wanted, page.scanned, 3)) {
    found.push(...plain(page.entries))
    if (page.entries.length === 0) return { found, trimmed, scanned: page.scanned }
  }
}

function plain<Entry extends { readonly envelope: Envelope }>(entries: readonly Entry[]): unknown[] {
  return entries.map((entry) => {
    const { bytes: _, ...rest } = { bytes: 0, ...entry }
    const { body, ...envelope } = entry.envelope
    return { ...rest, envelope: { ...envelope, body: [body.format, ...body.bytes] } }
  })
}

function envelope(): fc.Arbitrary<Envelope> {
  return fc.record(
    {
      id: fc.string({ unit: 'binary', maxLength: 8 }),
      from: fc.constantFrom('ann', 'bob'),
      to: fc.constantFrom(...addresses),
      type: fc.constantFrom('text' as const, 'x-own' as const),
      body: fc.record({
        format: fc.constantFrom('json' as const, 'msgpack' as const),
        bytes: fc.uint8Array({ maxLength: 300 }),
      }),
      qos: fc.constant(1 as const),
      ts: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_004_000 }),
      expiresAt: fc.integer({ min: 1_700_000_000_500, max: 1_700_000_009_000 }),
      headers: fc.dictionary(fc.constantFrom('a', '__proto__', 'ü'), fc.string({ unit: 'binary', maxLength: 100 }), {
        noNullPrototype: true,
      }),
      replyTo: fc.constant('group:g'),
      sec: fc.constant({ v: [1, null, 'x'] }),
      receipts: fc.constant(true as const),
      priority: fc.integer({ min: 0, max: 9 }),
    },
    { requiredKeys: ['id', 'from', 'to', 'type', 'body', 'qos', 'ts'] },
  )
}
