import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import {
  type AckFrame,
  type BadFrame,
  type ClientIdentity,
  ClientSession,
  type ClientSessionEvents,
  type DeliverFrame,
  type Done,
  type GivingBack,
  type HubFrame,
  type OtherFrame,
  type PingFrame,
  type WelcomeFrame,
} from '@posthouse/protocol'

const welcome: WelcomeFrame = {
  op: 'welcome',
  client: 'bob',
  session: 's-1',
  resumeToken: 't-1',
  resumed: false,
  positions: { inbox: { epoch: 'e1', seq: 0 } },
  accepted: 0,
  heartbeatMs: 25_000,
  limits: {
    frameBytes: 1,
    bodyBytes: 1,
    framesPerArray: 1,
    inFlight: 1,
    windowMessages: 1,
    windowBytes: 1,
    calls: 256,
    subscriptions: 128,
  },
  durability: 'memory',
  caps: [],
  node: 'n1',
  serverTime: 0,
}

function deliver(seq?: number, id = `m-${seq}`, fields: Partial<DeliverFrame> = {}): DeliverFrame {
  const place = seq === undefined ? {} : { seq }
  return {
    op: 'deliver',
    ...place,
    id,
    from: 'alice',
    to: 'bob',
    type: 'text',
    ts: 0,
    body: { format: 'value', value: 'hi' },
    ...fields,
  }
}

/** A session, and what it asked of its owner. */
class Attended {
  readonly session: ClientSession
  /** What ends the work on each message, by its id. */
  readonly #done = new Map<string, Done>()
  #asked: readonly unknown[] = []

  constructor(identity: Partial<ClientIdentity> = {}, duplicateWindow?: number) {
    const note =
      (name: keyof ClientSessionEvents) =>
      (...details: readonly unknown[]): void => {
        this.#asked = [...this.#asked, name, ...details]
      }
    this.session = new ClientSession(
      { client: 'bob', producer: 'p-1', ...identity },
      {
        write: note('write'),
        opened: note('opened'),
        deliver: (frame, done) => {
          if (done) this.#done.set(frame.id, done)
          this.#asked = ['deliver', frame]
        },
        confirmed: note('confirmed'),
        refused: note('refused'),
        goaway: note('goaway'),
        hear: (frame, done) => {
          if (done) this.#done.set(String(frame.raw.id), done)
          this.#asked = ['hear', frame]
        },
        told: note('told'),
        broken: note('broken'),
      },
      duplicateWindow,
    )
  }

  /** What comes of a frame: the name of what was asked for, and its details. */
  receive(frame: HubFrame | BadFrame | OtherFrame): readonly unknown[] {
    this.#asked = []
    this.session.receive(frame)
    return this.#asked
  }

  /** The handlers are done: what comes of it. */
  processed({ id }: Pick<DeliverFrame, 'id'>): readonly unknown[] {
    this.#asked = []
    this.#done.get(id)?.()
    return this.#asked
  }

  /** The handlers give a message back: what comes of it. */
  givenBack({ id }: Pick<DeliverFrame, 'id'>, back: GivingBack = {}): readonly unknown[] {
    this.#asked = []
    this.#done.get(id)?.(back)
    return this.#asked
  }
}

function greeting(identity: Partial<ClientIdentity> = {}): Attended {
  const attended = new Attended(identity)
  attended.session.hello()
  return attended
}

function open(identity: Partial<ClientIdentity> = {}): Attended {
  const attended = greeting(identity)
  attended.receive(welcome)
  return attended
}

function again(attended: Attended, seq: number, epoch = 'e1'): void {
  attended.session.detach()
  attended.session.hello()
  attended.receive({ ...welcome, resumed: true, positions: { inbox: { epoch, seq } } })
}

/** The name of what was asked for, and of the error or frame that it is about. */
function gist([name = 'nothing', first, second]: readonly unknown[]): string {
  const about = first instanceof PosthouseError ? first : second instanceof PosthouseError ? second : undefined
  if (about !== undefined) return `${name} ${about.code}`
  if (name !== 'write') return String(name)
  const frame = first as AckFrame | PingFrame
  return frame.op === 'ack' ? `ack ${frame.seq}` : frame.op
}

function other(op: string): OtherFrame {
  return { op: 'other', raw: { op } }
}

const info = { code: 'inbox_full' as const, number: 3005, message: 'full', retry: true }
const wrong = new PosthouseError('invalid_field', 'wrong')
const unexpected = 'broken unexpected_frame'

/** A frame, what comes of it while welcome is awaited, and what comes of it afterwards. */
const frames: readonly (readonly [HubFrame | BadFrame | OtherFrame, string, string])[] = [
  [welcome, 'opened', unexpected],
  [{ op: 'sent', n: 1, state: 'stored' }, unexpected, 'confirmed'],
  [{ op: 'sent', n: 1, error: info }, unexpected, 'refused inbox_full'],
  [deliver(1), unexpected, 'deliver'],
  [deliver(), unexpected, 'deliver'],
  [deliver(1, 'm', { stream: 'inbox' }), unexpected, 'deliver'],
  [deliver(1, 'm', { stream: 'channel:news' }), unexpected, 'deliver'],
  [other('presence'), unexpected, 'hear'],
  [other('dance'), unexpected, 'hear'],
  [{ op: 'ping' }, 'pong', 'pong'],
  [{ op: 'pong' }, unexpected, 'nothing'],
  [{ op: 'error', ...info }, 'told inbox_full', 'told inbox_full'],
  [{ op: 'goaway', reason: 'restart', reconnectAfterMs: 1 }, 'goaway', 'goaway'],
  [{ op: 'bad', about: 'deliver', error: wrong }, unexpected, 'told invalid_field'],
  [{ op: 'bad', about: 'welcome', error: wrong }, 'broken invalid_field', 'told invalid_field'],
]

for (const [frame, whileGreeting, whileOpen] of frames) {
  const about = frame.op === 'bad' ? `a bad ${frame.about}` : JSON.stringify(frame).slice(0, 70)
  test(`${about}: ${whileGreeting} before welcome, ${whileOpen} after it`, () => {
    assert.equal(gist(greeting().receive(frame)), whileGreeting)
    assert.equal(gist(open().receive(frame)), whileOpen)
  })

  test(`nothing comes of ${about} while there is no connection`, () => {
    assert.equal(gist(new Attended().receive(frame)), 'nothing')
    const lost = open()
    lost.session.detach()
    assert.equal(gist(lost.receive(frame)), 'nothing')
  })
}

test('a ping is answered with its id, before welcome and after it', () => {
  const answer = ['write', { op: 'pong', id: 'x' }]
  for (const attended of [greeting(), open()]) assert.deepEqual(attended.receive({ op: 'ping', id: 'x' }), answer)
})

test('the first hello asks for no session, the next one for the last session and position', () => {
  const attended = new Attended({ agent: 'demo' })
  const { session } = attended
  assert.deepEqual(session.hello('secret'), {
    op: 'hello',
    client: 'bob',
    caps: ['calls'],
    producer: 'p-1',
    agent: 'demo',
    token: 'secret',
  })
  attended.receive({ ...welcome, positions: { inbox: { epoch: 'e1', seq: 4 } } })
  attended.receive(deliver(7))
  attended.processed(deliver(7))
  session.detach()
  assert.deepEqual(session.hello().resume, {
    session: 's-1',
    token: 't-1',
    positions: { inbox: { epoch: 'e1', seq: 7 } },
  })
})

test('a welcome names its gaps', () => {
  const gaps = [{ stream: 'inbox', from: 1, to: 3, reason: 'expired' as const }]
  assert.deepEqual(greeting().receive({ ...welcome, gaps }), ['opened', { ...welcome, gaps }])
})

test('handlers that finish out of order acknowledge only what lies before the slowest', () => {
  const attended = open()
  for (const seq of [3, 5, 9]) attended.receive(deliver(seq))
  assert.equal(gist(attended.processed(deliver(5))), 'nothing')
  assert.equal(gist(attended.processed(deliver(9))), 'nothing')
  assert.equal(gist(attended.processed(deliver(3))), 'ack 9')
})

test('a live message is delivered without an acknowledgement', () => {
  const attended = open()
  attended.receive(deliver(undefined, 'live'))
  assert.equal(gist(attended.processed(deliver(undefined, 'live'))), 'nothing')
})

test('a position that does not grow breaks the protocol', () => {
  const attended = open()
  attended.receive(deliver(5))
  for (const seq of [5, 4]) assert.equal(gist(attended.receive(deliver(seq, 'other'))), unexpected)
})

test('a message that was processed and comes again is acknowledged and not handed over again', () => {
  const attended = open()
  const { session } = attended
  attended.receive(deliver(1, 'm'))
  session.detach()
  assert.equal(gist(attended.processed(deliver(1, 'm'))), 'nothing', 'there is nobody to tell')
  again(attended, 0)
  assert.equal(gist(attended.receive(deliver(1, 'm'))), 'ack 1')
})

test('a message that comes again while its handler works is acknowledged when the handler is done', () => {
  const attended = open()
  attended.receive(deliver(1, 'm'))
  again(attended, 0)
  assert.equal(gist(attended.receive(deliver(1, 'm'))), 'nothing')
  assert.equal(gist(attended.processed(deliver(1, 'm'))), 'ack 1')
})

test('a handler that finishes between two connections acknowledges nothing by itself', () => {
  const attended = open()
  attended.receive(deliver(1, 'm'))
  again(attended, 0)
  assert.equal(gist(attended.processed(deliver(1, 'm'))), 'nothing', 'its message has not come again yet')
  assert.equal(gist(attended.receive(deliver(1, 'm'))), 'ack 1')
})

test('a new epoch starts the positions anew and still knows the messages of the old one', () => {
  const attended = open()
  const { session } = attended
  attended.receive(deliver(500, 'm'))
  attended.processed(deliver(500, 'm'))
  again(attended, 2, 'e2')
  assert.equal(gist(attended.receive(deliver(3, 'm'))), 'ack 3')
  assert.equal(gist(attended.receive(deliver(4, 'new'))), 'deliver')
  session.detach()
  assert.deepEqual(session.hello().resume?.positions, { inbox: { epoch: 'e2', seq: 3 } })
})

test('each stream is acknowledged by itself, a queue message by message', () => {
  const attended = greeting()
  const all = { epoch: 'e1', seq: 4 }
  attended.receive({ ...welcome, positions: { ...welcome.positions, all, 'queue:jobs': { epoch: 'e1', seq: 0 } } })
  const [news, jobs] = [{ stream: 'channel:a' }, { stream: 'queue:jobs' }]
  const frames = [
    deliver(9),
    deliver(7, 'a', { stream: 'all' }),
    deliver(8, 'b', news),
    deliver(6, 'c', news),
    deliver(3, 'd', jobs),
    deliver(2, 'e', jobs),
  ]
  const [first, second, third, sixth, job, last] = frames.map((frame) => gist(attended.receive(frame)))
  assert.deepEqual([first, second, third, job, last], ['deliver', 'deliver', 'deliver', 'deliver', 'deliver'])
  assert.equal(sixth, unexpected, 'a stream begins with what comes first, and grows')
  const done = [5, 4, 2, 1, 0].flatMap((index) => attended.processed(frames[index] ?? deliver()).slice(1))
  assert.deepEqual(done, [
    { op: 'ack', stream: 'queue:jobs', seq: 2 },
    { op: 'ack', stream: 'queue:jobs', seq: 3 },
    { op: 'ack', stream: 'channel:a', seq: 8 },
    { op: 'ack', stream: 'all', seq: 7 },
    { op: 'ack', seq: 9 },
  ])
  attended.session.detach()
  assert.deepEqual(attended.session.hello().resume?.positions, {
    inbox: { epoch: 'e1', seq: 9 },
    all: { epoch: 'e1', seq: 7 },
    'queue:jobs': { epoch: 'e1', seq: 0 },
    'channel:a': { epoch: 'e1', seq: 8 },
  })
})

test('each subscription to channels has its own copy, all other streams share one memory for duplicates', () => {
  const attended = open()
  attended.session.copies.set('channel:a', 1).set('channel:*', 2)
  const seen = ['channel:a', 'channel:*', 'channel:a', 'all', undefined].map((stream, index) =>
    gist(attended.receive(deliver(index + 1, 'm', stream === undefined ? {} : { stream }))),
  )
  assert.deepEqual(seen, ['deliver', 'deliver', 'nothing', 'deliver', 'nothing'])
})

test('a subscription that follows on an ended one of the same name begins anew, and is acknowledged for itself', () => {
  const attended = open()
  const { session } = attended
  const stream = 'channel:a'
  session.copies.set(stream, 1)
  for (const seq of [4, 5]) assert.equal(gist(attended.receive(deliver(seq, `m-${seq}`, { stream }))), 'deliver')
  const old = deliver(5)
  assert.equal(gist(attended.processed(deliver(4))), 'ack 4')
  session.ended(stream)
  assert.equal(gist(attended.processed(old)), 'nothing')
  session.copies.set(stream, 2)
  for (const seq of [4, 5]) assert.equal(gist(attended.receive(deliver(seq, `m-${seq}`, { stream }))), 'deliver')
  assert.equal(gist(attended.receive(deliver(4, 'm-4', { stream }))), unexpected)
})

test('a handler of an ended subscription acknowledges nothing of the one after it', () => {
  const attended = open()
  const { session } = attended
  const stream = 'channel:a'
  session.copies.set(stream, 1)
  attended.receive(deliver(5, 'old', { stream }))
  session.ended(stream)
  session.copies.set(stream, 2)
  attended.receive(deliver(5, 'new', { stream }))
  assert.equal(gist(attended.processed(deliver(5, 'old'))), 'nothing')
  assert.equal(gist(attended.givenBack(deliver(5, 'old'))), 'nothing')
  assert.equal(gist(attended.processed(deliver(5, 'new'))), 'ack 5')
})

test('the same id from another sender is another message', () => {
  const attended = open()
  attended.receive(deliver(1, 'm'))
  assert.equal(gist(attended.receive(deliver(2, 'm', { from: 'carol' }))), 'deliver')
})

test('a duplicate of what is at a handler is noticed however short the memory for duplicates is', () => {
  const attended = new Attended({}, 1)
  attended.session.hello()
  attended.receive(welcome)
  attended.receive(deliver(1, 'a'))
  attended.receive(deliver(2, 'b'))
  assert.equal(gist(attended.receive(deliver(3, 'a'))), 'nothing')
  assert.equal(gist(attended.processed(deliver(1, 'a'))), 'ack 1')
  assert.equal(gist(attended.processed(deliver(2, 'b'))), 'ack 3')
})

test('a refusal carries the error, one with an unknown code stays readable', () => {
  const refusal = (error: typeof info): readonly unknown[] => {
    const [name, n, refused] = open().receive({ op: 'sent', n: 4, error })
    assert.ok(refused instanceof PosthouseError)
    return [name, n, refused.code, refused.message]
  }
  assert.deepEqual(refusal(info), ['refused', 4, 'inbox_full', 'full'])
  // A newer hub may send a code that this end's types do not know.
  const later = { ...info, code: 'too_purple' as 'inbox_full' }
  assert.deepEqual(refusal(later), ['refused', 4, 'internal', 'too_purple: full'])
})

test('what is given back is written before any acknowledgement passes over it, and may come again', () => {
  const attended = open()
  for (const seq of [3, 5]) attended.receive(deliver(seq))
  assert.equal(gist(attended.processed(deliver(5))), 'nothing')
  const nack = { op: 'nack', seq: 3, delayMs: 10 }
  assert.deepEqual(attended.givenBack(deliver(3), { delayMs: 10 }), ['write', nack, 'write', { op: 'ack', seq: 5 }])
  assert.equal(gist(attended.receive(deliver(9, 'm-3', { attempt: 2 }))), 'deliver')
})

test('what was given back on a connection that was lost counts as not processed, nor does what came after it', () => {
  const attended = open()
  for (const seq of [1, 3, 5]) attended.receive(deliver(seq))
  attended.processed(deliver(1))
  attended.givenBack(deliver(3))
  attended.processed(deliver(5))
  attended.session.detach()
  assert.deepEqual(attended.session.hello().resume?.positions, { inbox: { epoch: 'e1', seq: 1 } })
  attended.receive({ ...welcome, resumed: true, positions: { inbox: { epoch: 'e1', seq: 1 } } })
  assert.equal(gist(attended.receive(deliver(3))), 'deliver')
  assert.equal(gist(attended.receive(deliver(5))), 'nothing', 'it waits for the one before it')
  assert.equal(gist(attended.processed(deliver(3))), 'ack 5')
})

test('what is given back while there is no connection comes again by itself', () => {
  const attended = open()
  attended.receive(deliver(1))
  attended.session.detach()
  assert.equal(gist(attended.givenBack(deliver(1))), 'nothing')
  attended.session.hello()
  assert.equal(gist(attended.givenBack(deliver(1))), 'nothing')
  attended.receive({ ...welcome, resumed: true })
  assert.equal(gist(attended.receive(deliver(1))), 'deliver')
})

test('what is stored in the inbox and no message is handed over once, and acknowledged in its turn', () => {
  const attended = open()
  const receipt = (seq: number, state = 'delivered'): OtherFrame => {
    return { op: 'other', raw: { op: 'receipt', seq, id: 'm', by: 'carol', state, at: 1 } }
  }
  assert.equal(gist(attended.receive(receipt(1))), 'hear')
  attended.receive(deliver(2))
  assert.equal(gist(attended.processed(deliver(2))), 'nothing')
  assert.equal(gist(attended.processed({ id: 'm' })), 'ack 2')
  again(attended, 0)
  assert.equal(gist(attended.receive(receipt(1))), 'ack 1')
  assert.equal(gist(attended.receive(receipt(4, 'read'))), 'hear')
  assert.equal(gist(attended.receive(receipt(4, 'failed'))), unexpected)
})
