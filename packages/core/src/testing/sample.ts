import assert from 'node:assert/strict'
import type { Envelope } from '../envelope.ts'
import type { InboxStore } from '../store.ts'
import type { Append, AppendOutcome, Delivery } from '../store-batch.ts'

/** A small text envelope to `bob`, changed by `fields`. */
export function sampleEnvelope(fields: Partial<Envelope> = {}): Envelope {
  const body = { format: 'json', bytes: new TextEncoder().encode('"hello"') } as const
  // The time is the one that ManualClock starts at.
  return { id: 'm1', from: 'alice', to: 'bob', type: 'text', body, qos: 1, ts: 1_700_000_000_000, ...fields }
}

/** A delivery to `bob` of an envelope with this id. */
export function delivery(id: string, rest: Partial<Delivery> = {}): Delivery {
  return { envelope: sampleEnvelope({ id }), recipients: ['bob'], ...rest }
}

/** Commits one append by itself. */
export async function append(store: InboxStore, entry: Append): Promise<AppendOutcome> {
  const { appends } = await store.commit({ appends: [entry], acknowledgements: [] })
  assert.equal(appends.length, 1, 'one outcome for each append')
  return appends[0] ?? assert.fail()
}

/** Stores one delivery by itself and resolves to its position. */
export async function stored(store: InboxStore, entry: Delivery): Promise<number> {
  const outcome = await append(store, entry)
  return outcome.state === 'stored' ? outcome.seq : assert.fail(`it was not stored: ${JSON.stringify(outcome)}`)
}

/** The ids of what waits in an inbox, oldest first. */
export async function waiting(store: InboxStore, inbox = 'bob'): Promise<string[]> {
  return (await store.read(inbox, 0, 10_000)).map(({ envelope }) => envelope.id)
}
