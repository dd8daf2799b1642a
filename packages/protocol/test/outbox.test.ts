import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Outbox, type OutboxEntry } from '@posthouse/protocol'

function filled(count: number): Outbox {
  const outbox = new Outbox()
  for (let index = 0; index < count; index++) outbox.push({ n: outbox.next(), wire: 'w', bytes: 10 })
  return outbox
}

const numbers = (entries: readonly OutboxEntry[]): readonly number[] => entries.map(({ n }) => n)

test('never more is under way than the hub allows', () => {
  const outbox = filled(5)
  assert.deepEqual(numbers(outbox.take(2)), [1, 2])
  assert.deepEqual(numbers(outbox.take(2)), [])
  outbox.settle(1, 'upTo')
  assert.deepEqual(numbers(outbox.take(2)), [3])
  assert.deepEqual(numbers(outbox.take(10)), [4, 5])
  assert.deepEqual(numbers(outbox.take(10)), [])
})

test('a state settles everything up to it, a refusal one message only', () => {
  const outbox = filled(4)
  outbox.take(4)
  assert.deepEqual(numbers(outbox.settle(2, 'only')), [2])
  assert.deepEqual(numbers(outbox.settle(2, 'only')), [])
  assert.deepEqual(numbers(outbox.settle(3, 'upTo')), [1, 3])
  assert.equal(outbox.size, 1)
})

test('a new connection sends everything unanswered again, oldest first', () => {
  const outbox = filled(3)
  outbox.take(2)
  outbox.settle(1, 'upTo')
  outbox.restart()
  assert.deepEqual(numbers(outbox.take(10)), [2, 3])
})

test('what was not written on this connection cannot be answered on it', () => {
  const outbox = filled(3)
  outbox.take(1)
  assert.deepEqual(numbers(outbox.settle(3, 'upTo')), [1])
  assert.deepEqual(numbers(outbox.settle(2, 'only')), [])
  assert.deepEqual(numbers(outbox.take(10)), [2, 3])
})

test('a message that was refused leaves room for the next one', () => {
  const outbox = filled(3)
  outbox.take(1)
  outbox.settle(1, 'only')
  assert.deepEqual(numbers(outbox.take(1)), [2])
})

test('an outbox is full at its number of messages or of bytes, and has room again after an answer', () => {
  const outbox = new Outbox({ messages: 2, bytes: 100 })
  outbox.push({ n: outbox.next(), wire: 'w', bytes: 60 })
  outbox.assertRoom(40)
  assert.throws(() => outbox.assertRoom(41), { code: 'outbox_full' })
  outbox.push({ n: outbox.next(), wire: 'w', bytes: 0 })
  assert.throws(() => outbox.assertRoom(0), { code: 'outbox_full' })
  outbox.take(2)
  outbox.settle(1, 'upTo')
  outbox.assertRoom(100)
})
