import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import {
  type BadFrame,
  type ClientAction,
  type ClientIdentity,
  ClientSession,
  type DeliverFrame,
  type HubFrame,
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

function greeting(identity: Partial<ClientIdentity> = {}): ClientSession {
  const session = new ClientSession({ client: 'bob', producer: 'p-1', ...identity })
  session.hello()
  return session
}

function open(identity: Partial<ClientIdentity> = {}): ClientSession {
  const session = greeting(identity)
  session.receive(welcome)
  return session
}

function again(session: ClientSession, seq: number, epoch = 'e1'): void {
  session.detach()
  session.hello()
  session.receive({ ...welcome, resumed: true, positions: { inbox: { epoch, seq } } })
}

function gist(action: ClientAction | undefined): string {
  if (action === undefined) return 'nothing'
  if (action.do === 'write') return action.frame.op === 'ack' ? `ack ${action.frame.seq}` : action.frame.op
  if (action.do === 'close' || action.do === 'report') return `${action.do} ${action.error.code}`
  return action.do === 'hear' ? `hear ${action.frame.op}` : action.do
}

const info = { code: 'inbox_full' as const, number: 3005, message: 'full', retry: true }
const unknown = new PosthouseError('unknown_op', 'dance')
const wrong = new PosthouseError('invalid_field', 'wrong')
const unexpected = 'close unexpected_frame'

/** A frame, what comes of it while welcome is awaited, and what comes of it afterwards. */
const frames: readonly (readonly [HubFrame | BadFrame, string, string])[] = [
  [welcome, 'open', unexpected],
  [{ op: 'sent', n: 1, state: 'stored' }, unexpected, 'confirm'],
  [{ op: 'sent', n: 1, error: info }, unexpected, 'refuse'],
  [deliver(1), unexpected, 'deliver'],
  [deliver(), unexpected, 'deliver'],
  [deliver(1, 'm', { stream: 'inbox' }), unexpected, 'deliver'],
  [deliver(1, 'm', { stream: 'channel:news' }), unexpected, unexpected],
  [{ op: 'receipt', id: 'm', state: 'read', by: 'carol' }, unexpected, 'nothing'],
  [{ op: 'presence', full: true, clients: [] }, unexpected, 'hear presence'],
  [{ op: 'list', id: 'q', clients: [] }, unexpected, 'hear list'],
  [{ op: 'request', id: 'r', to: 'bob', method: 'm' }, unexpected, 'hear request'],
  [{ op: 'response', id: 'r' }, unexpected, 'hear response'],
  [{ op: 'cancel', id: 'r' }, unexpected, 'hear cancel'],
  [{ op: 'credit', id: 'r', parts: 1 }, unexpected, 'hear credit'],
  [{ op: 'ping' }, 'pong', 'pong'],
  [{ op: 'pong' }, unexpected, 'nothing'],
  [{ op: 'error', ...info }, 'report inbox_full', 'report inbox_full'],
  [{ op: 'goaway', reason: 'restart', reconnectAfterMs: 1 }, 'hear goaway', 'hear goaway'],
  [{ op: 'bad', about: 'dance', error: unknown }, unexpected, 'nothing'],
  [{ op: 'bad', about: 'deliver', error: wrong }, unexpected, 'report invalid_field'],
  [{ op: 'bad', about: 'welcome', error: wrong }, 'close invalid_field', 'report invalid_field'],
]

for (const [frame, whileGreeting, whileOpen] of frames) {
  const about = frame.op === 'bad' ? `a bad ${frame.about}` : JSON.stringify(frame).slice(0, 70)
  test(`${about}: ${whileGreeting} before welcome, ${whileOpen} after it`, () => {
    assert.equal(gist(greeting().receive(frame)), whileGreeting)
    assert.equal(gist(open().receive(frame)), whileOpen)
  })

  test(`nothing comes of ${about} while there is no connection`, () => {
    assert.equal(new ClientSession({ client: 'bob', producer: 'p' }).receive(frame), undefined)
    const lost = open()
    lost.detach()
    assert.equal(lost.receive(frame), undefined)
  })
}

test('a ping is answered with its id, before welcome and after it', () => {
  const answer = { do: 'write', frame: { op: 'pong', id: 'x' } }
  for (const session of [greeting(), open()]) assert.deepEqual(session.receive({ op: 'ping', id: 'x' }), answer)
})

test('the first hello asks for no session, the next one for the last session and position', () => {
  const session = new ClientSession({ client: 'bob', producer: 'p-1', agent: 'demo' })
  assert.deepEqual(session.hello('secret'), {
    op: 'hello',
    client: 'bob',
    caps: ['calls'],
    producer: 'p-1',
    agent: 'demo',
    token: 'secret',
  })
  session.receive({ ...welcome, positions: { inbox: { epoch: 'e1', seq: 4 } } })
  session.receive(deliver(7))
  session.processed(deliver(7))
  session.detach()
  assert.deepEqual(session.hello().resume, {
    session: 's-1',
    token: 't-1',
    positions: { inbox: { epoch: 'e1', seq: 7 } },
  })
})

test('a welcome names its gaps', () => {
  const gaps = [{ stream: 'inbox', from: 1, to: 3, reason: 'expired' as const }]
  assert.deepEqual(greeting().receive({ ...welcome, gaps }), { do: 'open', welcome: { ...welcome, gaps }, gaps })
})

test('handlers that finish out of order acknowledge only what lies before the slowest', () => {
  const session = open()
  for (const seq of [3, 5, 9]) session.receive(deliver(seq))
  assert.equal(session.processed(deliver(5)), undefined)
  assert.equal(session.processed(deliver(9)), undefined)
  assert.deepEqual(session.processed(deliver(3)), { op: 'ack', seq: 9 })
})

test('a live message is delivered without an acknowledgement', () => {
  const session = open()
  session.receive(deliver(undefined, 'live'))
  assert.equal(session.processed(deliver(undefined, 'live')), undefined)
})

test('a position that does not grow breaks the protocol', () => {
  const session = open()
  session.receive(deliver(5))
  for (const seq of [5, 4]) assert.equal(gist(session.receive(deliver(seq, 'other'))), unexpected)
})

test('a message that was processed and comes again is acknowledged and not handed over again', () => {
  const session = open()
  session.receive(deliver(1, 'm'))
  session.detach()
  assert.equal(session.processed(deliver(1, 'm')), undefined, 'there is nobody to tell')
  again(session, 0)
  assert.equal(gist(session.receive(deliver(1, 'm'))), 'ack 1')
})

test('a message that comes again while its handler works is acknowledged when the handler is done', () => {
  const session = open()
  session.receive(deliver(1, 'm'))
  again(session, 0)
  assert.equal(session.receive(deliver(1, 'm')), undefined)
  assert.deepEqual(session.processed(deliver(1, 'm')), { op: 'ack', seq: 1 })
})

test('a handler that finishes between two connections acknowledges nothing by itself', () => {
  const session = open()
  session.receive(deliver(1, 'm'))
  again(session, 0)
  assert.equal(session.processed(deliver(1, 'm')), undefined, 'its message has not come again yet')
  assert.equal(gist(session.receive(deliver(1, 'm'))), 'ack 1')
})

test('a new epoch starts the positions anew and still knows the messages of the old one', () => {
  const session = open()
  session.receive(deliver(500, 'm'))
  session.processed(deliver(500, 'm'))
  again(session, 2, 'e2')
  assert.equal(gist(session.receive(deliver(3, 'm'))), 'ack 3')
  assert.equal(gist(session.receive(deliver(4, 'new'))), 'deliver')
  session.detach()
  assert.deepEqual(session.hello().resume?.positions, { inbox: { epoch: 'e2', seq: 3 } })
})

test('the same id from another sender is another message', () => {
  const session = open()
  session.receive(deliver(1, 'm'))
  assert.equal(gist(session.receive(deliver(2, 'm', { from: 'carol' }))), 'deliver')
})

test('a duplicate of what is at a handler is noticed however short the memory for duplicates is', () => {
  const session = open({ duplicateWindow: 1 })
  session.receive(deliver(1, 'a'))
  session.receive(deliver(2, 'b'))
  assert.equal(session.receive(deliver(3, 'a')), undefined)
  assert.deepEqual(session.processed(deliver(1, 'a')), { op: 'ack', seq: 1 })
  assert.deepEqual(session.processed(deliver(2, 'b')), { op: 'ack', seq: 3 })
})

test('a refusal carries the error, one with an unknown code stays readable', () => {
  const known = open().receive({ op: 'sent', n: 4, error: info })
  assert.ok(known?.do === 'refuse')
  assert.deepEqual([known.n, known.error.code, known.error.message], [4, 'inbox_full', 'full'])
  // A newer hub may send a code that this end's types do not know.
  const later = { ...info, code: 'too_purple' as 'internal' }
  const other = open().receive({ op: 'sent', n: 4, error: later })
  assert.ok(other?.do === 'refuse')
  assert.deepEqual([other.error.code, other.error.message], ['internal', 'too_purple: full'])
})
