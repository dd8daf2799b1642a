import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock, PosthouseError } from '@posthouse/core'
import type { CallFrame, ResponseFrame } from '@posthouse/protocol'
import {
  AnswerProgress,
  type Call,
  type CallHandler,
  callTime,
  HandledCalls,
  MadeCalls,
} from '@posthouse/protocol/calls'

const body = { format: 'value', value: 1 } as const
const error = { code: 'internal', number: 5001, message: 'm', retry: true } as const

suite('how far an answer has come', () => {
  const after = (...frames: readonly Omit<ResponseFrame, 'op' | 'id'>[]): unknown => {
    const progress = new AnswerProgress()
    let last: ReturnType<AnswerProgress['take']> = 'goesOn'
    for (const frame of frames) last = progress.take({ op: 'response', id: 'r', ...frame })
    return last instanceof PosthouseError ? last.code : last
  }
  const parts = (count: number): readonly Omit<ResponseFrame, 'op' | 'id'>[] =>
    Array.from({ length: count }, (_, part) => ({ part, body }))

  test('is judged by what came before', () => {
    assert.equal(after({ body }), 'over')
    assert.equal(after({}), 'over')
    assert.equal(after({ error }), 'over')
    assert.equal(after({ part: 0, end: true }), 'over')
    assert.equal(after({ part: 0, body }), 'goesOn')
    assert.equal(after({ part: 0, body }, { error }), 'over')
    assert.equal(after({ part: 0, body }, { part: 1, end: true }), 'over')
    assert.equal(after({ part: 0, body }, { part: 0, end: true }), 'call_failed')
    assert.equal(after({ part: 0, body }, { body }), 'call_failed')
    assert.equal(after({ part: 1, body }), 'call_failed')
    assert.equal(after(...parts(32)), 'goesOn')
    assert.equal(after(...parts(33)), 'window_exceeded')
    assert.equal(after(...parts(32), { part: 32, end: true }), 'over')
  })

  test('goes as far as the caller allows', () => {
    const progress = new AnswerProgress()
    progress.grant(3)
    for (const part of parts(35)) assert.equal(progress.take({ op: 'response', id: 'r', ...part }), 'goesOn')
    assert.ok(progress.take({ op: 'response', id: 'r', part: 35, body }) instanceof PosthouseError)
  })
})

test('the time of a call is the earlier of what was asked for', () => {
  const clock = new ManualClock(1000)
  assert.equal(callTime({}, clock), 30_000)
  assert.equal(callTime({ timeoutMs: 5 }, clock), 5)
  assert.equal(callTime({ deadline: 1100.5 }, clock), 101)
  assert.equal(callTime({ deadline: new Date(1100), timeoutMs: 50 }, clock), 50)
  assert.equal(callTime({ deadline: new Date(1100), timeoutMs: 500 }, clock), 100)
  assert.equal(callTime({ deadline: Number.POSITIVE_INFINITY }, clock), 86_400_000)
  assert.throws(() => callTime({ deadline: 1000 }, clock), { code: 'timeout' })
  for (const timeoutMs of [0, -1, 1.5, Number.NaN, 86_400_001]) {
    assert.throws(() => callTime({ timeoutMs }, clock), { code: 'invalid_option' })
  }
  assert.throws(() => callTime({ deadline: Number.NaN }, clock), { code: 'invalid_option' })
})

interface Desk {
  readonly calls: HandledCalls
  readonly written: ResponseFrame[]
  readonly failed: PosthouseError[]
}

function desk(handlers: Readonly<Record<string, CallHandler>>, most = 10): Desk {
  const written: ResponseFrame[] = []
  const failed: PosthouseError[] = []
  const calls = new HandledCalls({
    clock: new ManualClock(),
    handlers: new Map(Object.entries(handlers)),
    most,
    form: 'exact',
    write: (frame) => written.push(frame) && 1,
    failed: (problem) => failed.push(problem),
    ended: () => undefined,
  })
  return { calls, written, failed }
}

const request = (id: string, method = 'm') =>
  ({ op: 'request', id, from: 'bob', to: 'alice', method, timeoutMs: 5 }) as const
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

suite('handled calls', () => {
  test('are refused while too many are at work, those that nobody waits for included', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { calls, written } = desk({ m: () => promise }, 2)
    for (const id of ['1', '2', '3']) calls.receive(request(id))
    assert.deepEqual(
      written.map(({ id, error: refusal }) => [id, refusal?.code]),
      [['3', 'too_many_calls']],
    )
    calls.cancel('1')
    calls.receive(request('4'))
    assert.equal(written.at(-1)?.id, '4')
    assert.equal(calls.size, 2)
    resolve()
    await turn()
    assert.equal(calls.size, 0)
    assert.deepEqual(
      written.map(({ id }) => id),
      ['3', '4', '2'],
    )
  })

  test('report what goes wrong after nobody waits, but not that they were stopped', async () => {
    const seen: Call[] = []
    const stopped = (call: Call): Promise<void> => {
      seen.push(call)
      return new Promise((_, reject) => call.signal.addEventListener('abort', () => reject(call.signal.reason)))
    }
    const broken = ({ signal }: Call): Promise<void> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('cleaning up failed'))))
    const { calls, written, failed } = desk({ stopped, broken })
    calls.receive(request('1', 'stopped'))
    calls.receive(request('2', 'broken'))
    calls.cancelAll(new PosthouseError('not_connected', 'lost'))
    calls.cancel('1')
    calls.grant('1', 1)
    await turn()
    const [first] = seen
    assert.equal((first?.signal.reason as PosthouseError | undefined)?.code, 'not_connected')
    assert.deepEqual(written, [])
    assert.deepEqual(
      failed.map(({ message }) => message),
      ['cleaning up failed'],
    )
  })

  test('are answered and over whatever their handlers throw', async () => {
    const nothing: unknown = Object.create(null)
    const trap = new Proxy(new Error('m'), {
      has: () => assert.fail('asked'),
      get: () => assert.fail('read'),
      getPrototypeOf: () => assert.fail('looked'),
    })
    const long = new PosthouseError('call_failed', `\ud800${'m'.repeat(5000)}`)
    for (const thrown of [nothing, trap, long]) {
      const { calls, written, failed } = desk({
        now: () => {
          throw thrown
        },
        later: () => Promise.reject(thrown),
        parts: async function* () {
          yield 1
          throw thrown
        },
      })
      for (const method of ['now', 'later', 'parts']) calls.receive(request(method, method))
      await turn()
      const code = thrown === long ? 'call_failed' : 'handler_failed'
      const answers = written.filter(({ error: refusal }) => refusal !== undefined)
      assert.deepEqual(answers.map(({ id }) => id).sort(), ['later', 'now', 'parts'])
      for (const { error: refusal } of answers) {
        assert.equal(refusal?.code, code)
        assert.ok(refusal.message.isWellFormed() && refusal.message.length <= 4096)
      }
      assert.equal(failed.length, thrown === long ? 0 : 3)
      assert.equal(calls.size, 0)
    }
  })

  test('are over also where their answers cannot be written', async () => {
    const clock = new ManualClock()
    const write = (): never => {
      throw new PosthouseError('not_connected', 'gone')
    }
    const failed = (): void => undefined
    const ended = (): void => undefined
    const calls = new HandledCalls({
      clock,
      handlers: new Map([['m', () => 1]]),
      most: 1,
      form: 'exact',
      write,
      failed,
      ended,
    })
    assert.throws(() => calls.receive(request('1')), { code: 'not_connected' })
    assert.equal(calls.size, 0)
  })
})

suite('made calls', () => {
  test('leave no timer and no listener behind', async () => {
    const clock = new ManualClock()
    const written: CallFrame[] = []
    const calls = new MadeCalls({ clock, write: (frame) => void written.push(frame), ended: () => undefined })
    const { signal } = new AbortController()
    const draft = { to: 'bob', method: 'm' }
    const answer = calls.request(draft, { signal })
    const late = calls.request(draft, { timeoutMs: 10 })
    calls.receive({ op: 'response', id: 'c1' })
    await answer
    const rejected = assert.rejects(late, { code: 'timeout' })
    clock.advance(10)
    await rejected
    assert.deepEqual(
      written.map(({ op, id }) => [op, id]),
      [
        ['request', 'c1'],
        ['request', 'c2'],
        ['cancel', 'c2'],
      ],
    )
    assert.equal(calls.fail('c2', new PosthouseError('internal', 'm')), false)
    assert.equal(clock.pending, 0)
    assert.equal(calls.size, 0)
  })

  test('that cannot be written fail at once', () => {
    const clock = new ManualClock()
    const write = (): never => {
      throw new PosthouseError('outbox_full', 'full')
    }
    const calls = new MadeCalls({ clock, write, ended: () => undefined })
    assert.throws(() => calls.request({ to: 'bob', method: 'm' }, {}), { code: 'outbox_full' })
    assert.equal(clock.pending, 0)
    assert.equal(calls.size, 0)
  })
})
