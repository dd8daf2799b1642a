import assert from 'node:assert/strict'
import type { InboxStore } from '../store.ts'
import type { Acknowledgement, AppendOutcome, Delivery, Removal, RemovalOutcome } from '../store-batch.ts'
import type { Dice } from './dice.ts'
import { type LawCourt, lawSteps } from './law-court.ts'
import { commit, sampleEnvelope } from './sample.ts'

const names = ['bob', 'carol', 'dave']
/** What the store is opened with. */
const limits = { messages: 8, ageMs: 60 }

interface Entry {
  readonly seq: number
  readonly id: string
  readonly gone: number
}

/** Inboxes hold what came, less what was acknowledged, removed or too old. */
export async function inboxLaw({ store, clock, dice }: LawCourt): Promise<void> {
  const model = new Inboxes()
  for (let step = 0; step < lawSteps; step++) {
    clock.advance(dice.below(15))
    const now = clock.now()
    model.expire(now)
    const acknowledgements = dice.some(1, () => model.any(dice))
    const removals = dice.some(2, () => model.any(dice))
    const appends = dice.some(3, () => anyDelivery(dice, now))
    const outcome = await commit(store, { acknowledgements, removals, appends })
    for (const [index, removal] of removals.entries()) model.remove(removal, outcome.removals[index])
    for (const acknowledgement of acknowledgements) model.acknowledge(acknowledgement)
    for (const [index, append] of appends.entries()) model.append(append, now, outcome.appends[index])
    await model.compare(store, dice)
  }
}

function anyDelivery(dice: Dice, now: number): Delivery {
  const envelope = sampleEnvelope({ id: `m${dice.below(1e9)}`, ts: now, expiresAt: now + 1 + dice.below(90) })
  return { envelope, recipients: names.filter(() => dice.below(2) === 0) }
}

/** Inboxes as plain lists. */
class Inboxes {
  readonly #lists = new Map<string, Entry[]>()
  readonly #cursors = new Map<string, number>()

  any(dice: Dice): { readonly inbox: string; readonly seq: number } {
    const inbox = dice.pick(names)
    const entries = this.#list(inbox)
    return { inbox, seq: entries.length > 0 ? dice.pick(entries).seq : 0 }
  }

  expire(now: number): void {
    for (const name of names) this.#filter(name, ({ gone }) => gone > now)
  }

  acknowledge({ inbox, seq }: Acknowledgement): void {
    this.#cursors.set(inbox, Math.max(this.#cursors.get(inbox) ?? 0, seq))
    this.#filter(inbox, (entry) => entry.seq > seq)
  }

  remove({ inbox, seq }: Removal, outcome: RemovalOutcome | undefined): void {
    const found = this.#list(inbox).some((entry) => entry.seq === seq)
    assert.equal(outcome?.found, found)
    this.#filter(inbox, (entry) => entry.seq !== seq)
  }

  append({ envelope, recipients }: Delivery, now: number, outcome: AppendOutcome | undefined): void {
    const { id, expiresAt = 0 } = envelope
    const full = recipients.filter((name) => this.#list(name).length >= limits.messages)
    if (full.length > 0 && full.length === recipients.length) {
      assert.deepEqual(outcome, { state: 'refused', code: 'inbox_full' })
      return
    }
    assert.ok(outcome?.state === 'stored')
    assert.deepEqual(outcome.full, full)
    const entry = { seq: outcome.seq, id, gone: Math.min(expiresAt, now + limits.ageMs) }
    for (const name of recipients) if (!full.includes(name)) this.#list(name).push(entry)
  }

  async compare(store: InboxStore, dice: Dice): Promise<void> {
    for (const name of names) {
      const entries = this.#list(name)
      const { position, newest, messages, bytes } = await store.inspect(name)
      assert.deepEqual([messages, bytes], [entries.length, entries.length * 135])
      const cursor = this.#cursors.get(name)
      if (cursor !== undefined) assert.equal(position.seq, cursor)
      assert.ok(position.seq < (entries[0]?.seq ?? newest + 1))
      const after = entries.length > 0 ? dice.pick(entries).seq - dice.below(2) : 0
      const page = await store.read(name, after, 3)
      assert.deepEqual(
        page.map(({ seq, envelope }) => [seq, envelope.id]),
        entries
          .filter(({ seq }) => seq > after)
          .slice(0, 3)
          .map(({ seq, id }) => [seq, id]),
      )
    }
  }

  #list(name: string): Entry[] {
    const known = this.#lists.get(name) ?? []
    this.#lists.set(name, known)
    return known
  }

  #filter(name: string, keeps: (entry: Entry) => boolean): void {
    this.#lists.set(name, this.#list(name).filter(keeps))
  }
}
