import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthouseError } from '@posthouse/core'
import { type OutboxLimits, Sends } from '../src/dialog/sends.ts'
import { withCode } from './scripted-hub.ts'

const many = Number.POSITIVE_INFINITY

interface Told {
  readonly sends: Sends
  /** What became of each message, by `n`. */
  readonly outcomes: Map<number, string>
}

function empty(limits: Partial<OutboxLimits> = {}): Told {
  return { sends: new Sends({ messages: 1000, bytes: 1_000_000, ...limits }, () => undefined), outcomes: new Map() }
}

function keep({ sends, outcomes }: Told, bytes = 10, signal?: AbortSignal): number {
  const n = sends.next()
  sends.keep({ wire: `w${n}`, bytes }, { id: `m${n}`, signal }, n).then(
    ({ state }) => outcomes.set(n, state),
    ({ code }) => outcomes.set(n, code),
  )
  return n
}

function filled(count: number): Told {
  const told = empty()
  for (let index = 0; index < count; index++) keep(told)
  return told
}

function taken({ sends }: Told, inFlight: number, frameBytes = many): readonly unknown[] {
  return sends.takeKept({ inFlight, frameBytes }).map(({ wire }) => wire)
}

const full = new PosthouseError('inbox_full', 'full')

test('never more is under way than the hub allows', () => {
  const told = filled(5)
  assert.deepEqual(taken(told, 2), ['w1', 'w2'])
  assert.deepEqual(taken(told, 2), [])
  told.sends.confirm(1, 'stored')
  assert.deepEqual(taken(told, 2), ['w3'])
  assert.deepEqual(taken(told, 10), ['w4', 'w5'])
  assert.deepEqual(taken(told, 10), [])
})

test('a state settles everything up to it, a refusal one message only', async () => {
  const told = filled(4)
  taken(told, 4)
  told.sends.refuse(2, full)
  told.sends.refuse(2, full)
  told.sends.confirm(3, 'stored')
  await Promise.resolve()
  assert.deepEqual(Object.fromEntries(told.outcomes), { 1: 'stored', 2: 'inbox_full', 3: 'stored' })
  assert.equal(told.sends.kept, 1)
})

test('a new connection sends everything unanswered again, oldest first', () => {
  const told = filled(3)
  taken(told, 2)
  told.sends.confirm(1, 'stored')
  told.sends.cut(full)
  assert.deepEqual(taken(told, 10), ['w2', 'w3'])
})

test('what was not written on this connection cannot be answered on it', () => {
  const told = filled(3)
  taken(told, 1)
  told.sends.confirm(3, 'stored')
  told.sends.refuse(2, full)
  assert.equal(told.sends.kept, 2)
  assert.deepEqual(taken(told, 10), ['w2', 'w3'])
})

test('a message that was refused leaves room for the next one', () => {
  const told = filled(3)
  taken(told, 1)
  told.sends.refuse(1, full)
  assert.deepEqual(taken(told, 1), ['w2'])
})

test('a message that the hub would not read is refused, and those around it go out', async () => {
  const told = filled(1)
  keep(told, 500)
  keep(told)
  assert.deepEqual(taken(told, 10, 100), ['w1', 'w3'])
  await Promise.resolve()
  assert.deepEqual(Object.fromEntries(told.outcomes), { 2: 'frame_too_large' })
})

test('a message is taken back while it was never written, and stays afterwards', () => {
  const told = filled(1)
  const controller = new AbortController()
  keep(told, 10, controller.signal)
  assert.deepEqual(taken(told, 1), ['w1'])
  controller.abort()
  assert.equal(told.sends.kept, 1)
  const late = new AbortController()
  keep(told, 10, late.signal)
  assert.deepEqual(taken(told, 2), ['w3'])
  told.sends.cut(full)
  late.abort()
  assert.deepEqual(taken(told, 10), ['w1', 'w3'])
})

test('an outbox is full at its number of messages or of bytes, and has room again after an answer', () => {
  const told = empty({ messages: 2, bytes: 100 })
  keep(told, 60)
  assert.throws(() => keep(told, 41), withCode('outbox_full'))
  keep(told, 40)
  assert.throws(() => keep(told, 0), withCode('outbox_full'))
  taken(told, 2)
  told.sends.confirm(1, 'stored')
  keep(told, 60)
})

test('nothing waits after the end', async () => {
  const told = filled(3)
  taken(told, 2)
  told.sends.end(full)
  await Promise.resolve()
  assert.deepEqual([...told.outcomes.values()], ['inbox_full', 'inbox_full', 'inbox_full'])
  assert.ok(told.sends.idle)
})
