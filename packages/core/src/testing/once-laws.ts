import assert from 'node:assert/strict'
import type { Append, AppendOutcome, Delivery } from '../store-batch.ts'
import type { Dice } from './dice.ts'
import { type LawCourt, lawSteps } from './law-court.ts'
import { commit, sampleEnvelope, shelved, waiting } from './sample.ts'

/** Each message of each producer is stored once, however often it comes. */
export async function duplicateLaw({ store, dice }: LawCourt): Promise<void> {
  const model = new Producers()
  for (let step = 0; step < lawSteps; step++) {
    const appends = dice.some(5, () => model.any(dice))
    const outcome = await commit(store, { appends })
    for (const [index, append] of appends.entries()) model.append(append, outcome.appends[index])
    for (const [producer, n] of model.last) assert.equal(await store.lastAccepted(producer), n)
  }
  assert.deepEqual(await waiting(store), model.expected)
}

type Sent = Append & Required<Pick<Append, 'from'>>

class Producers {
  readonly last = new Map<string, number>()
  readonly expected: string[] = []
  readonly #refused = new Set<string>()

  /** Something new, something old, or something refused. */
  any(dice: Dice): Sent {
    const producer = dice.pick(['p1', 'p2', 'p3'])
    const from = { producer, n: Math.max(1, (this.last.get(producer) ?? 0) + dice.below(5) - 2) }
    if (dice.below(5) === 0) return { from, refusal: 'forbidden' }
    return { envelope: sampleEnvelope({ id: `${producer}-${from.n}` }), recipients: ['bob'], from }
  }

  append(append: Sent, outcome: AppendOutcome | undefined): void {
    const { producer, n } = append.from
    const key = `${producer}-${n}`
    const known = n <= (this.last.get(producer) ?? 0)
    if (!known && 'refusal' in append) this.#refused.add(key)
    if (!known && !('refusal' in append)) this.expected.push(key)
    const answered = known ? 'duplicate' : 'stored'
    assert.equal(outcome?.state, this.#refused.has(key) ? 'refused' : answered, key)
    this.last.set(producer, Math.max(this.last.get(producer) ?? 0, n))
  }
}

/** Each entry of the shelf is taken once, however often it is tried. */
export async function shelfLaw({ store, dice }: LawCourt): Promise<void> {
  const model = new Shelf()
  for (let step = 0; step < lawSteps; step++) {
    const unshelve = dice.some(1, () => model.any(dice))
    for (const seq of unshelve) model.waiting.delete(seq)
    const taking = dice.some(4, () => model.take(model.any(dice)))
    const coming = dice.some(3, () => shelved(`m${dice.below(1e9)}`, { dueAt: dice.below(1000) }))
    const outcome = await commit(store, { unshelve, appends: [...taking.map(({ append }) => append), ...coming] })
    const results = outcome.appends.values()
    for (const { wins } of taking) assert.equal(results.next().value?.state, wins ? 'stored' : 'duplicate')
    for (const { envelope, dueAt } of coming) model.put(results.next().value, { id: envelope.id, dueAt })
    const entries = await store.shelf({ kind: 'scheduled', limit: 1000 })
    assert.deepEqual(
      entries.map(({ seq, envelope }) => [seq, envelope.id]),
      [...model.waiting].map(([seq, { id }]) => [seq, id]),
    )
    assert.equal(await store.nextDue(), model.nextDue)
  }
  assert.deepEqual(await waiting(store), model.expected)
}

interface Waiting {
  readonly id: string
  readonly dueAt: number
}

class Shelf {
  readonly waiting = new Map<number, Waiting>()
  readonly expected: string[] = []
  readonly #seen = [1]

  get nextDue(): number | undefined {
    return this.waiting.size === 0 ? undefined : Math.min(...[...this.waiting.values()].map(({ dueAt }) => dueAt))
  }

  /** A position where something was put once, or nothing at all. */
  any(dice: Dice): number {
    return dice.pick(this.#seen)
  }

  put(outcome: AppendOutcome | undefined, entry: Waiting): void {
    const seq = outcome?.state === 'stored' ? outcome.seq : assert.fail('it was not stored')
    this.waiting.set(seq, entry)
    this.#seen.push(seq)
  }

  take(seq: number): { readonly wins: boolean; readonly append: Delivery } {
    const id = this.waiting.get(seq)?.id
    this.waiting.delete(seq)
    if (id !== undefined) this.expected.push(id)
    const envelope = sampleEnvelope({ id: id ?? 'late' })
    return { wins: id !== undefined, append: { envelope, recipients: ['bob'], takes: seq, attempt: 2 } }
  }
}
