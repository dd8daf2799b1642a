import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorCode, PosthouseError } from '@posthouse/core'
import {
  type Admission,
  type BadFrame,
  type ClientFrame,
  closeCodeOf,
  expectHello,
  type HubAction,
  HubSession,
  hubCaps,
  type Limits,
  type SendFrame,
} from '@posthouse/protocol'

const limits: Limits = {
  frameBytes: 1_048_576,
  bodyBytes: 64,
  framesPerArray: 256,
  inFlight: 4,
  windowMessages: 3,
  windowBytes: 1000,
  calls: 256,
  subscriptions: 128,
}
const admission: Admission = {
  resumeToken: 't-1',
  resumed: false,
  positions: { inbox: { epoch: 'e', seq: 10 } },
  accepted: 0,
  heartbeatMs: 25_000,
  durability: 'memory',
  caps: hubCaps,
  node: 'n1',
  serverTime: 0,
}
const json = (text: string) => ({ format: 'json' as const, bytes: new TextEncoder().encode(text) })

function fresh(): HubSession {
  return new HubSession({ id: 's-1', client: 'alice', limits })
}

function open(): HubSession {
  const session = fresh()
  session.attach(admission)
  return session
}

function send(fields: Partial<SendFrame> = {}): SendFrame {
  return { op: 'send', id: 'm-1', to: 'bob', type: 'text', n: 1, body: json('"hi"'), ...fields }
}

function bad(about: string, fields: Partial<BadFrame> = {}): BadFrame {
  return { op: 'bad', about, error: new PosthouseError('invalid_field', 'wrong'), ...fields }
}

/** What an action does, in one word: errors and frames by their code or op. */
function gist(action: HubAction): string {
  if (action.do === 'write') return action.frame.op === 'error' ? `error ${action.frame.code}` : action.frame.op
  if (action.do === 'close' || action.do === 'refuse') return `${action.do} ${action.error.code}`
  return action.do
}

const frames: readonly (readonly [ClientFrame | BadFrame, readonly string[]])[] = [
  [{ op: 'hello', client: 'alice', caps: [], producer: 'p' }, ['close unexpected_frame']],
  [send(), ['publish']],
  [send({ qos: 1 }), ['publish']],
  [{ op: 'send', id: 'm', to: 'bob', type: 'text', qos: 0, body: json('"hi"') }, ['publish']],
  [send({ qos: 0 }), ['error invalid_field']],
  [{ op: 'send', id: 'm', to: 'bob', type: 'text', body: json('"hi"') }, ['error invalid_field']],
  [send({ body: json('1') }), ['refuse invalid_body']],
  [send({ body: json(`"${'x'.repeat(63)}"`) }), ['refuse body_too_large']],
  [{ op: 'send', id: 'm', to: 'bob', type: 'dict', qos: 0, body: json('[]') }, ['error invalid_body']],
  [{ op: 'ack', seq: 10 }, []],
  [{ op: 'ack', seq: 0 }, []],
  [{ op: 'ack', seq: 11 }, ['error unexpected_frame']],
  [{ op: 'ack', stream: 'channel:news', seq: 1 }, ['error unsupported']],
  [{ op: 'nack', seq: 1 }, ['error unexpected_frame']],
  [{ op: 'join', id: 'q', to: 'group:a' }, ['membership']],
  [{ op: 'leave', id: 'q', to: 'group:a' }, ['membership']],
  [{ op: 'subscribe', id: 'q', to: 'channel:a' }, ['membership']],
  [{ op: 'unsubscribe', id: 'q', to: 'channel:a' }, ['membership']],
  [{ op: 'request', id: 'r', to: 'bob', method: 'm' }, ['call']],
  [{ op: 'receipt', id: 'm', from: 'bob', state: 'read' }, ['read']],
  [{ op: 'response', id: 'r' }, ['call']],
  [{ op: 'cancel', id: 'r' }, ['call']],
  [{ op: 'credit', id: 'r', parts: 1 }, ['call']],
  [{ op: 'presence', watch: true }, ['watch']],
  [{ op: 'presence', watch: true, state: null }, ['state', 'watch']],
  [{ op: 'presence', state: 'here' }, ['state']],
  [{ op: 'list', id: 'q' }, ['list']],
  [{ op: 'ping' }, ['pong']],
  [{ op: 'pong' }, []],
  [{ op: 'bye' }, ['leave']],
  [bad('dance'), ['error invalid_field']],
  [bad('send', { n: 3 }), ['refuse invalid_field']],
]

for (const [frame, expected] of frames) {
  const about = frame.op === 'bad' ? `a bad ${frame.about}` : JSON.stringify(frame).slice(0, 60)
  test(`an open session answers ${about} with ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(open().receive(frame).map(gist), expected)
  })

  test(`nothing comes of ${about} unless the session is open`, () => {
    const detached = open()
    detached.detach()
    const ended = open()
    ended.end()
    for (const session of [fresh(), detached, ended]) assert.deepEqual(session.receive(frame), [])
  })

  if (frame.op !== 'hello') {
    test(`a connection does not begin with ${about}`, () => {
      assert.throws(() => expectHello(frame), { code: 'unexpected_frame' })
    })
  }
}

test('a connection begins with hello, and a broken hello closes it for good', () => {
  const hello: ClientFrame = { op: 'hello', client: 'alice', caps: [], producer: 'p' }
  assert.equal(expectHello(hello), hello)
  assert.throws(() => expectHello(undefined), { code: 'unexpected_frame' })
  assert.throws(
    () => expectHello(bad('hello')),
    (error: PosthouseError) => error.code === 'malformed_frame' && closeCodeOf(error) === 4400,
  )
})

test('a session goes from fresh to open to detached and back, and from ended nowhere', () => {
  const session = fresh()
  assert.equal(session.state, 'fresh')
  session.detach()
  assert.equal(session.state, 'fresh')
  session.attach(admission)
  assert.equal(session.state, 'open')
  session.detach()
  assert.equal(session.state, 'detached')
  assert.equal(session.ready, false)
  session.attach(admission)
  assert.equal(session.state, 'open')
  session.end()
  session.detach()
  assert.equal(session.state, 'ended')
  assert.throws(() => session.attach(admission), { code: 'session_lost' })
})

test('welcome names the client, the session and the limits', () => {
  const welcome = fresh().attach(admission)
  assert.deepEqual(welcome, { op: 'welcome', client: 'alice', session: 's-1', limits, ...admission })
})

test('a ping is answered with its id', () => {
  assert.deepEqual(open().receive({ op: 'ping', id: 'x' }), [{ do: 'write', frame: { op: 'pong', id: 'x' } }])
})

test('an error frame names the op and the id of the frame that it is about', () => {
  const [action] = open().receive({ ...send({ qos: 0 }), id: 'r-1' })
  assert.ok(action?.do === 'write' && action.frame.op === 'error')
  assert.deepEqual(action.frame.about, { op: 'send', id: 'r-1' })
})

test('an n that does not grow gets an error frame and changes nothing', () => {
  const session = open()
  session.receive(send({ n: 2 }))
  for (const n of [2, 1]) assert.deepEqual(session.receive(send({ n })).map(gist), ['error unexpected_frame'])
  assert.deepEqual(session.receive(bad('send', { n: 2 })).map(gist), ['error unexpected_frame'])
  assert.deepEqual(session.settle(2, { state: 'stored' }), [{ op: 'sent', n: 2, state: 'stored' }])
})

test('one message more than limits.inFlight without sent closes the connection', () => {
  const session = open()
  for (const n of [1, 2, 3, 4]) assert.deepEqual(session.receive(send({ n })).map(gist), ['publish'])
  const [action] = session.receive(send({ n: 5 }))
  assert.ok(action?.do === 'close')
  assert.equal(closeCodeOf(action.error), 4412)
})

test('an answer makes room for another message, a live message needs none', () => {
  const session = open()
  for (const n of [1, 2, 3, 4]) session.receive(send({ n }))
  assert.deepEqual(
    session.receive({ op: 'send', id: 'm', to: 'bob', type: 'text', qos: 0, body: json('""') }).map(gist),
    ['publish'],
  )
  session.settle(1, { state: 'stored' })
  assert.deepEqual(session.receive(send({ n: 5 })).map(gist), ['publish'])
})

test('a refusal keeps its place among the answers', () => {
  const session = open()
  session.receive(send({ n: 1 }))
  session.receive(bad('send', { n: 2 }))
  assert.deepEqual(session.settle(2, { state: 'refused', error: new PosthouseError('invalid_field', 'wrong') }), [])
  const error = { code: 'invalid_field' as const, number: 1005, message: 'wrong', retry: false }
  assert.deepEqual(session.settle(1, { state: 'stored' }), [
    { op: 'sent', n: 1, state: 'stored' },
    { op: 'sent', n: 2, error },
  ])
})

test('an acknowledgement of something that was never delivered is refused, one of a hole is not', () => {
  const session = open()
  session.delivered(12, 10)
  session.delivered(20, 10)
  assert.deepEqual(session.receive({ op: 'ack', seq: 21 }).map(gist), ['error unexpected_frame'])
  assert.deepEqual(session.receive({ op: 'ack', seq: 15, stream: 'inbox' }), [{ do: 'acknowledge', seq: 15 }])
  assert.deepEqual(session.receive({ op: 'ack', seq: 15 }), [])
  assert.deepEqual(session.receive({ op: 'ack', seq: 20 }), [{ do: 'acknowledge', seq: 20 }])
})

test('each stream that is followed is acknowledged by itself', () => {
  const session = open()
  session.follow('channel:a', 20)
  session.follow('queue:jobs', 0)
  assert.deepEqual(session.receive({ op: 'ack', stream: 'channel:b', seq: 1 }).map(gist), ['error unsupported'])
  session.delivered(25, 10, 'channel:a')
  session.delivered(24, 10, 'queue:jobs')
  session.delivered(23, 10, 'queue:jobs')
  assert.deepEqual([session.ready, session.unacknowledged], [false, 3])
  assert.deepEqual(
    session.receive({ op: 'ack', seq: 25 }).map(gist),
    ['error unexpected_frame'],
    'the inbox had nothing',
  )
  assert.deepEqual(session.receive({ op: 'ack', stream: 'channel:a', seq: 26 }).map(gist), ['error unexpected_frame'])
  const ack = { op: 'ack', stream: 'queue:jobs', seq: 24 } as const
  assert.deepEqual(session.receive(ack), [{ do: 'acknowledge', stream: 'queue:jobs', seq: 24 }])
  assert.deepEqual(session.receive(ack), [], 'twice')
  assert.equal(session.unacknowledged, 2)
  session.unfollow('channel:a')
  assert.deepEqual(session.receive({ op: 'ack', stream: 'channel:a', seq: 25 }), [], 'it was on its way')
  assert.equal(session.unacknowledged, 1)
})

test('a new connection follows the streams that its welcome names', () => {
  const session = open()
  session.follow('all', 10)
  session.delivered(12, 1, 'all')
  assert.equal(session.newest('all'), 12)
  session.detach()
  session.attach({ ...admission, positions: { ...admission.positions, 'channel:a': { epoch: 'e', seq: 3 } } })
  assert.deepEqual([session.newest('all'), session.newest('channel:a'), session.unacknowledged], [0, 3, 0])
})

test('a client that stops acknowledging stops receiving', () => {
  const session = open()
  for (const seq of [11, 12, 13]) {
    assert.equal(session.ready, true)
    session.delivered(seq, 10)
  }
  assert.equal(session.ready, false)
  session.receive({ op: 'ack', seq: 11 })
  assert.equal(session.ready, true)
})

test('a new connection starts with empty windows', () => {
  const session = open()
  for (const seq of [11, 12, 13]) session.delivered(seq, 10)
  for (const n of [1, 2, 3, 4]) session.receive(send({ n }))
  session.detach()
  session.attach({ ...admission, resumed: true })
  assert.equal(session.ready, true)
  assert.deepEqual(session.settle(1, { state: 'stored' }), [], 'the old connection is gone, and its answers with it')
  assert.deepEqual(session.receive(send({ n: 1 })).map(gist), ['publish'], 'a resend is welcome')
  assert.deepEqual(session.receive({ op: 'ack', seq: 13 }).map(gist), ['error unexpected_frame'])
})

test('errors without a close code of their own close with 4100 where they must close', () => {
  const codes: readonly (readonly [ErrorCode, number])[] = [
    ['malformed_frame', 4400],
    ['store_failed', 4100],
    ['replaced', 4409],
  ]
  for (const [code, close] of codes) assert.equal(closeCodeOf(new PosthouseError(code, '')), close)
})

describe('a nack', () => {
  test('takes one message out of the window, whose acknowledgement may pass over it', () => {
    const session = open()
    for (const seq of [13, 15, 18]) session.delivered(seq, 100)
    assert.deepEqual(session.receive({ op: 'nack', seq: 15, delayMs: 7 }), [{ do: 'return', seq: 15, delayMs: 7 }])
    assert.equal(session.unacknowledged, 2)
    assert.deepEqual(session.receive({ op: 'nack', seq: 13, stream: 'inbox' }), [{ do: 'return', seq: 13 }])
    assert.deepEqual(session.receive({ op: 'ack', seq: 18 }), [{ do: 'acknowledge', seq: 18 }])
    assert.equal(session.idle, true)
  })

  test('of what is not under way, or of a stream that is not followed, is refused', () => {
    const session = open()
    for (const seq of [13, 15]) session.delivered(seq, 100)
    session.receive({ op: 'ack', seq: 13 })
    session.receive({ op: 'nack', seq: 15 })
    for (const seq of [0, 13, 14, 15, 16]) {
      assert.deepEqual(session.receive({ op: 'nack', seq }).map(gist), ['error unexpected_frame'])
    }
    assert.deepEqual(session.receive({ op: 'nack', seq: 15, stream: 'channel:x' }).map(gist), ['error unsupported'])
    assert.equal(session.idle, true)
  })
})
