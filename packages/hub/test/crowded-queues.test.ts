import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { ManualClock, MemoryInboxStore, queueInbox, silentLogger } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { QueueBook } from '../src/queues/queue-book.ts'

const outcomes = { processed: ignore, again: ignore, returned: ignore, unsayable: ignore }

function ignore(): undefined {
  return undefined
}

/** A book of up to 100 queues, whose looks at the store are counted, and which are full or not. */
function crowd(full: Set<string>) {
  const clock = new ManualClock()
  const inner = new MemoryInboxStore()
  let looks = 0
  const store = changedStore(inner, {
    inspect: async (inbox) => {
      looks++
      return { ...(await inner.inspect(inbox)), messages: full.has(inbox) ? 1 : 0 }
    },
  })
  const book = new QueueBook({ store, clock, logger: silentLogger, batcher: { record: ignore }, outcomes, most: 100 })
  return { book, clock, looks: () => looks }
}

/** Lets the book look through its queues. */
async function look(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate()
}

test('queues that are all in use are looked through now and then, and not for each new one', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `q${index}`)
  const full = new Set(names.map((name) => queueInbox(name, 9)))
  const { book, clock, looks } = crowd(full)
  for (const name of names) {
    book.used(name)
    await look()
  }
  // The first inbox of each says that it is in use: from 90 on, with each hundredth, all of them.
  assert.ok(looks() > 90 && looks() < 11 * 100, `${looks()} looks`)
  const before = looks()
  for (let time = 0; time < 20; time++) {
    assert.throws(() => book.used('more'), { code: 'limit_reached' })
    await look()
  }
  assert.ok(looks() - before <= 100)
  full.delete(queueInbox('q7', 9))
  clock.advance(1000)
  assert.throws(() => book.used('more'), { code: 'limit_reached' })
  await look()
  assert.equal(book.get('q7'), undefined)
  book.used('more')
})

test('queues are looked through without holding up everything else', async () => {
  const { book } = crowd(new Set())
  for (let index = 0; index < 100; index++) book.used(`q${index}`)
  // Nobody has had a turn since the look began.
  assert.equal([...book.all()].length, 100)
  await setImmediate()
  await setImmediate()
  assert.ok([...book.all()].length > 50)
  await look()
  // Those that came after the look had begun.
  assert.equal([...book.all()].length, 10)
})
