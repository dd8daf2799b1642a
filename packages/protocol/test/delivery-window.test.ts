import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeliveryBudget, DeliveryWindow } from '@posthouse/protocol'
import fc from 'fast-check'
import { DeliveryStreams } from '../src/session/delivery-streams.ts'

function windowOf(
  messages: number,
  bytes: number,
): { readonly budget: DeliveryBudget; readonly window: DeliveryWindow } {
  const budget = new DeliveryBudget(messages, bytes)
  return { budget, window: new DeliveryWindow(budget) }
}

test('the window closes at its number of messages and opens with an acknowledgement', () => {
  const { budget, window } = windowOf(2, 1000)
  window.push(4, 10)
  assert.equal(budget.open, true)
  window.push(9, 10)
  assert.equal(budget.open, false)
  assert.equal(window.acknowledge(4), true)
  assert.deepEqual([budget.open, window.size, window.newest], [true, 1, 9])
})

test('the window closes at its number of bytes, but one message always fits', () => {
  const { budget, window } = windowOf(10, 100)
  window.push(1, 5000)
  assert.equal(budget.open, false)
  window.acknowledge(1)
  window.push(2, 99)
  assert.equal(budget.open, true)
  window.push(3, 1)
  assert.equal(budget.open, false)
})

test('an acknowledgement tells nothing new when it comes again or goes back', () => {
  const { window } = windowOf(10, 100)
  window.restart(5)
  window.push(8, 1)
  assert.equal(window.acknowledge(5), false)
  assert.equal(window.acknowledge(7), true, 'a hole between two positions may be acknowledged')
  assert.equal(window.size, 1)
  assert.equal(window.acknowledge(8), true)
  assert.equal(window.acknowledge(8), false)
  assert.equal(window.acknowledge(6), false)
})

test('a restart forgets what was under way', () => {
  const { budget, window } = windowOf(1, 100)
  window.push(3, 100)
  window.restart(2)
  assert.deepEqual([budget.open, window.size, window.newest], [true, 0, 2])
  assert.equal(window.acknowledge(2), false)
})

test('a message that is taken out of turn is done with once', () => {
  const { budget, window } = windowOf(2, 100)
  for (const seq of [3, 5]) window.push(seq, 10)
  assert.deepEqual([window.release(4), window.release(5), window.release(5)], [false, true, false])
  assert.deepEqual([budget.open, window.size], [true, 1])
  assert.equal(window.acknowledge(5), true)
  assert.deepEqual([window.size, budget.messages], [0, 0])
})

test('in a queue each message is acknowledged by itself, in any order', () => {
  const streams = new DeliveryStreams(3, 100)
  streams.follow('queue:jobs', 0)
  const queue = streams.of('queue:jobs')
  for (const seq of [7, 3, 9]) queue?.push(seq, 10)
  assert.equal(streams.open, false)
  const told = [9, 9, 8].map((seq) => queue?.acknowledge(seq))
  assert.deepEqual([queue?.newest, told], [9, [true, false, false]])
  assert.deepEqual([queue?.size, streams.size, streams.open], [2, 2, true])
})

test('a stream that is not followed has no window; one that has ended is remembered', () => {
  const streams = new DeliveryStreams(2, 100)
  assert.equal(streams.of('all'), undefined)
  assert.equal(streams.ended('all'), false)
  streams.follow('all', 4)
  streams.of('all')?.push(5, 1)
  streams.unfollow('all')
  assert.deepEqual([streams.of('all'), streams.ended('all'), streams.size], [undefined, true, 0])
  streams.restart({ inbox: { epoch: 'e', seq: 1 } })
  assert.equal(streams.ended('all'), false)
})

const names = ['inbox', 'all', 'channel:a.*', 'queue:jobs'] as const
const aName = fc.constantFrom(...names)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('push'), stream: aName, number: fc.nat(40) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('acknowledge'), stream: aName, number: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release'), stream: aName, number: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('toggle'), stream: fc.constantFrom(...names.slice(1)), number: fc.nat(0) }),
  },
)

interface Step {
  readonly do: string
  readonly stream: string
  readonly number: number
}

/** What the windows must hold, kept in the plainest way. */
class Model {
  readonly followed = new Set<string>(['inbox'])
  newest = 0
  kept: { readonly stream: string; readonly seq: number; readonly bytes: number }[] = []

  push(stream: string, bytes: number): void {
    this.newest++
    if (this.followed.has(stream)) this.kept.push({ stream, seq: this.newest, bytes })
  }

  drop(stream: string, isDone: (seq: number) => boolean): void {
    this.kept = this.kept.filter((entry) => entry.stream !== stream || !isDone(entry.seq))
  }

  size(stream: string): number | undefined {
    return this.followed.has(stream) ? this.kept.filter((entry) => entry.stream === stream).length : undefined
  }

  get open(): boolean {
    const bytes = this.kept.reduce((sum, entry) => sum + entry.bytes, 0)
    return this.kept.length === 0 || (this.kept.length < 5 && bytes < 100)
  }
}

/** Does the same to the windows and to the model. */
function take(streams: DeliveryStreams, model: Model, { do: action, stream, number }: Step): void {
  const seq = Math.max(0, model.newest - number)
  if (action === 'toggle') toggle(streams, model, stream)
  else if (action === 'push') {
    model.push(stream, number)
    streams.of(stream)?.push(model.newest, number)
  } else if (action === 'release' || stream === 'queue:jobs') {
    const window = streams.of(stream)
    if (action === 'release') window?.release(seq)
    else window?.acknowledge(seq)
    model.drop(stream, (each) => each === seq)
  } else {
    streams.of(stream)?.acknowledge(seq)
    model.drop(stream, (each) => each <= seq)
  }
}

function toggle(streams: DeliveryStreams, model: Model, stream: string): void {
  if (model.followed.delete(stream)) {
    streams.unfollow(stream)
    model.drop(stream, () => true)
  } else {
    model.followed.add(stream)
    streams.follow(stream, model.newest)
  }
}

test('the streams of a client share one window, however they are followed, sent and acknowledged', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const streams = new DeliveryStreams(5, 100)
      const model = new Model()
      for (const next of steps) {
        take(streams, model, next)
        assert.deepEqual([streams.size, streams.open], [model.kept.length, model.open])
        for (const name of names) assert.equal(streams.of(name)?.size, model.size(name))
      }
    }),
    { numRuns: 300 },
  )
})
