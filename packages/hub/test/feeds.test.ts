import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Envelope, ManualClock, MemoryInboxStore, PosthouseError, silentLogger } from '@posthouse/core'
import fc from 'fast-check'
import { ClientRecord } from '../src/clients/client-record.ts'
import type { Link } from '../src/peers/link.ts'
import { Everyone } from '../src/routing/everyone.ts'
import type { FeedSource } from '../src/routing/feed-source.ts'
import { Feeds } from '../src/routing/feeds.ts'
import { Outgoing } from '../src/routing/outgoing.ts'
import { Tally } from '../src/stats/tally.ts'

/** A link that notes what it is given, with a window of so many messages over all streams. */
class NotingLink implements Partial<Link> {
  readonly dialect = 'json'
  readonly given: (readonly [stream: string, seq: number])[] = []
  readonly followed: string[] = []
  failed: PosthouseError | undefined
  room: number

  constructor(room: number) {
    this.room = room
  }

  get ready(): boolean {
    return this.room > 0
  }

  stored(seq: number, outgoing: Outgoing, stream = 'inbox'): void {
    if (outgoing.envelope.type === 'x-odd') throw new PosthouseError('unrepresentable', 'no words for it')
    this.room--
    this.given.push([stream, seq])
  }

  follow(stream: string, seq: number): void {
    this.followed.push(`${stream} after ${seq}`)
  }

  unfollow(stream: string): void {
    this.followed.push(`${stream} no more`)
  }

  fail(error: PosthouseError): void {
    this.failed = error
    this.room = 0
  }

  of(stream: string): number[] {
    return this.given.filter(([name]) => name === stream).map(([, seq]) => seq)
  }

  /** The feeds call nothing else. */
  get link(): Link {
    return this as unknown as Link
  }
}

function envelopeOf(fields: Partial<Envelope> = {}): Envelope {
  const body = { format: 'json' as const, bytes: new TextEncoder().encode('1') }
  return { id: 'm', from: 'bob', to: 'all', type: 'x-number', body, qos: 1, ts: 0, ...fields }
}

/** A log in memory whose reads can be counted. */
class Log implements FeedSource {
  readonly entries: { readonly seq: number; readonly envelope: Envelope }[] = []
  reads = 0

  append(seq: number, envelope: Envelope = envelopeOf()): Outgoing {
    this.entries.push({ seq, envelope })
    return new Outgoing(envelope, seq)
  }

  async read(after: number, limit: number): ReturnType<FeedSource['read']> {
    this.reads++
    const entries = this.entries.filter(({ seq }) => seq > after).slice(0, limit)
    return { entries, scanned: entries.at(-1)?.seq ?? after, more: entries.length === limit }
  }

  omits({ from }: Envelope): boolean {
    return from === 'alice'
  }
}

function feedsOf(acknowledged: string[] = []): Feeds {
  const acknowledge = (cursor: string, seq: number): void => {
    acknowledged.push(`${JSON.stringify(cursor)} ${seq}`)
  }
  return new Feeds({
    client: 'alice',
    store: new MemoryInboxStore(),
    logger: silentLogger,
    tally: new Tally(),
    acknowledge,
    forget: () => undefined,
  })
}

/** Lets every read that is under way come to its end. */
async function quiet(feeds: Feeds): Promise<void> {
  for (let turn = 0; turn < 10 || !feeds.done; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (turn > 100) return
  }
}

test('while a client keeps up nothing is read from the log', async () => {
  const [log, link, acknowledged] = [new Log(), new NotingLink(10), [] as string[]]
  const feeds = feedsOf(acknowledged)
  feeds.attach(link.link, {})
  feeds.follow('all', log, 4)
  await quiet(feeds)
  const before = log.reads
  for (const seq of [5, 8, 9]) feeds.offer('all', seq, log.append(seq))
  feeds.acknowledged(8, 'all')
  assert.deepEqual([link.of('all'), log.reads, link.followed], [[5, 8, 9], before, ['all after 4']])
  assert.deepEqual(acknowledged, ['"alice\\nall" 8'])
})

test('what falls behind is read from the log, in order and once', async () => {
  const [log, link] = [new Log(), new NotingLink(2)]
  const feeds = feedsOf()
  feeds.attach(link.link, {})
  feeds.follow('all', log, 0)
  await quiet(feeds)
  for (let seq = 1; seq <= 200; seq++) feeds.offer('all', seq, log.append(seq))
  while (link.of('all').length < 200) {
    link.room += 7
    feeds.acknowledged(link.of('all').at(-1) ?? 0, 'all')
    await quiet(feeds)
  }
  assert.deepEqual(
    link.of('all'),
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
})

test('what a client is not to get, or its dialect has no words for, is acknowledged for it', async () => {
  const [log, link, acknowledged] = [new Log(), new NotingLink(10), [] as string[]]
  const feeds = feedsOf(acknowledged)
  feeds.attach(link.link, {})
  feeds.follow('all', log, 0)
  await quiet(feeds)
  feeds.offer('all', 1, log.append(1, envelopeOf({ from: 'alice' })))
  feeds.offer('all', 2, log.append(2))
  feeds.offer('all', 3, log.append(3, envelopeOf({ type: 'x-odd' })))
  assert.deepEqual([link.of('all'), acknowledged], [[2], ['"alice\\nall" 1']])
  feeds.acknowledged(2, 'all')
  assert.deepEqual(acknowledged.at(-1), '"alice\\nall" 3')
})

test('a stream that has ended is fed no more, and one that is followed while nobody is connected begins with the link', async () => {
  const [log, link] = [new Log(), new NotingLink(10)]
  const feeds = feedsOf()
  for (const seq of [1, 2, 3]) log.append(seq)
  feeds.follow('channel:a', log, 1)
  feeds.follow('channel:b', log, 1)
  feeds.unfollow('channel:b')
  feeds.attach(link.link, { 'channel:a': { epoch: 'e', seq: 2 } })
  await quiet(feeds)
  assert.deepEqual([link.given, link.followed], [[['channel:a', 3]], []])
  feeds.unfollow('channel:a')
  feeds.offer('channel:a', 4, log.append(4))
  feeds.acknowledged(3, 'channel:a')
  assert.deepEqual([link.of('channel:a'), link.followed], [[3], ['channel:a no more']])
})

test('a source that cannot go on closes the connection', async () => {
  const link = new NotingLink(10)
  const feeds = feedsOf()
  feeds.attach(link.link, {})
  const read = async (): Promise<never> => {
    throw new PosthouseError('slow_consumer', 'fell behind')
  }
  feeds.follow('all', { read }, 0)
  await quiet(feeds)
  assert.equal(link.failed?.code, 'slow_consumer')
})

test('no stream waits for all of another that has fallen behind', async () => {
  const [one, two, link] = [new Log(), new Log(), new NotingLink(0)]
  const feeds = feedsOf()
  feeds.attach(link.link, {})
  feeds.follow('channel:a', one, 0)
  feeds.follow('channel:b', two, 0)
  for (let seq = 1; seq <= 50; seq++) feeds.offer('channel:a', seq, one.append(seq))
  for (let seq = 1; seq <= 50; seq++) feeds.offer('channel:b', seq, two.append(seq))
  for (let step = 0; step < 40; step++) {
    link.room++
    feeds.wake()
    await quiet(feeds)
  }
  assert.ok(Math.min(link.of('channel:a').length, link.of('channel:b').length) >= 10, JSON.stringify(link.given))
})

interface Step {
  readonly do: string
  readonly stream: string
  readonly room: number
}

/** A client with three streams, its connections one after the other. */
class Client {
  readonly feeds: Feeds = feedsOf()
  readonly logs: ReadonlyMap<string, Log> = new Map(streams.map((stream) => [stream, new Log()]))
  readonly links: NotingLink[] = []
  #seq = 0

  constructor() {
    for (const [stream, log] of this.logs) this.feeds.follow(stream, log, 0)
    this.connect()
  }

  connect(): void {
    const previous = this.links.at(-1)
    if (previous !== undefined) this.feeds.detach(previous.link)
    const next = new NotingLink(3)
    this.links.push(next)
    this.feeds.attach(next.link, {})
  }

  async take({ do: action, stream, room }: Step): Promise<void> {
    const link = last(this.links)
    if (action === 'rest') await quiet(this.feeds)
    else if (action === 'reconnect') this.connect()
    else if (action === 'append') this.#append(stream)
    else if (action === 'acknowledge') this.feeds.acknowledged(link.of(stream).at(-1) ?? 0, stream)
    else {
      link.room += room
      this.feeds.wake()
    }
  }

  #append(stream: string): void {
    const outgoing = this.logs.get(stream)?.append(++this.#seq)
    if (outgoing !== undefined) this.feeds.offer(stream, this.#seq, outgoing)
  }
}

const streams = ['channel:a', 'channel:b', 'all']
const step = fc.record({
  do: fc.constantFrom('append', 'append', 'append', 'room', 'room', 'acknowledge', 'rest', 'reconnect'),
  stream: fc.constantFrom(...streams),
  room: fc.integer({ min: 1, max: 5 }),
})

test('each stream comes whole and in order, whatever the window, the links and the acknowledgements do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const client = new Client()
      for (const next of steps) await client.take(next)
      const link = last(client.links)
      link.room += 1000
      client.feeds.wake()
      await quiet(client.feeds)
      for (const [stream, log] of client.logs) {
        const all = log.entries.map((entry) => entry.seq)
        const given = link.of(stream)
        assert.deepEqual(given, all.slice(all.length - given.length), 'in order, without holes, to the end')
        const seen = new Set(client.links.flatMap((each) => each.of(stream)))
        assert.deepEqual(
          [...seen].sort((a, b) => a - b),
          all,
          'everything was given',
        )
      }
    }),
    { numRuns: 150 },
  )
})

test('of 2,000 clients that get what is sent to everyone, a slow one keeps up with nobody and misses nothing unnoticed', async () => {
  const store = new MemoryInboxStore()
  const ignore = (): undefined => undefined
  const batcher = { append: ignore, record: ignore, recordLasting: ignore }
  const clock = new ManualClock()
  const everyone = new Everyone({ store, batcher, clock, logger: silentLogger })
  const clients = Array.from({ length: 2000 }, (_, index) => {
    const options = { client: `c${index}`, store, logger: silentLogger, tally: new Tally() }
    const feeds = new Feeds({ ...options, acknowledge: () => undefined, forget: () => undefined })
    const record = new ClientRecord(options.client, 0, feeds)
    const link = new NotingLink(index === 7 ? 3 : 5000)
    everyone.follow(record, 0)
    feeds.attach(link.link, {})
    return { feeds, link }
  })
  for (const { feeds } of clients) await quiet(feeds)
  for (let seq = 1; seq <= 1100; seq++) {
    await store.commit({
      appends: [{ envelope: envelopeOf({ ts: Date.now() }), recipients: [], log: everyone.limits }],
      acknowledgements: [],
    })
    everyone.offer(seq, new Outgoing(envelopeOf(), seq))
  }
  const slow = clients[7]
  assert.ok(slow !== undefined)
  for (const { link } of clients) assert.equal(link.of('all').length, link === slow.link ? 3 : 1100)
  slow.link.room = 10
  slow.feeds.acknowledged(3, 'all')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(slow.link.failed?.code, 'slow_consumer')
  assert.equal(await slow.feeds.of('all')?.lost?.(), 100)
})

function last<Value>(values: readonly Value[]): Value {
  const value = values.at(-1)
  assert.ok(value !== undefined)
  return value
}
