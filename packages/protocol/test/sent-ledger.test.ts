import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorInfo, SentFrame } from '@posthouse/protocol'
import fc from 'fast-check'
import { SentLedger } from '../src/session/sent-ledger.ts'

const stored = { state: 'stored' } as const
const duplicate = { state: 'duplicate' } as const
const full: ErrorInfo = { code: 'inbox_full', number: 3005, message: 'full', retry: true }

function ledger(...numbers: readonly number[]): SentLedger {
  const opened = new SentLedger()
  for (const n of numbers) opened.open(n)
  return opened
}

test('answers wait for those before them and are then folded into one', () => {
  const sent = ledger(1, 2, 3)
  assert.deepEqual(sent.settle(3, stored), [])
  assert.deepEqual(sent.settle(2, stored), [])
  assert.equal(sent.size, 3)
  assert.deepEqual(sent.settle(1, stored), [{ op: 'sent', n: 3, state: 'stored' }])
  assert.equal(sent.size, 0)
})

test('a different state and a refusal each get a frame of their own', () => {
  const sent = ledger(1, 2, 3, 5, 6)
  sent.settle(6, stored)
  sent.settle(5, stored)
  sent.settle(3, { error: full })
  sent.settle(2, duplicate)
  assert.deepEqual(sent.settle(1, stored), [
    { op: 'sent', n: 1, state: 'stored' },
    { op: 'sent', n: 2, state: 'duplicate' },
    { op: 'sent', n: 3, error: full },
    { op: 'sent', n: 6, state: 'stored' },
  ])
})

test('an answer that comes twice, or for an n of an older connection, is dropped', () => {
  const sent = ledger(1, 2)
  assert.equal(sent.settle(2, stored).length, 0)
  assert.equal(sent.settle(2, { error: full }).length, 0)
  assert.equal(sent.settle(7, stored).length, 0)
  sent.restart()
  assert.deepEqual([sent.size, sent.last], [0, 0])
  assert.deepEqual(sent.settle(1, stored), [])
})

test('whatever the order of the answers, a client that reads the frames learns exactly them', () => {
  const answers = fc.array(fc.constantFrom(stored, duplicate, { error: full }), { minLength: 1, maxLength: 30 })
  const cases = answers.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray([...list.keys()], { minLength: list.length })),
  )
  fc.assert(
    fc.property(cases, ([list, order]) => {
      const sent = ledger(...list.map((_, index) => index * 2 + 1))
      const frames = order.flatMap((index) => sent.settle(index * 2 + 1, list[index] ?? stored))
      assert.deepEqual(learned(list.length, frames), list)
    }),
    { numRuns: 300 },
  )
})

/** What a client concludes: a state holds for everything unanswered up to `n`, an error for `n` alone. */
function learned(count: number, frames: readonly SentFrame[]): readonly unknown[] {
  const answers: unknown[] = []
  for (const frame of frames) {
    if ('error' in frame) answers[(frame.n - 1) / 2] = { error: frame.error }
    else for (let index = 0; index * 2 + 1 <= frame.n; index++) answers[index] ??= { state: frame.state }
  }
  return Array.from({ length: count }, (_, index) => answers[index])
}
