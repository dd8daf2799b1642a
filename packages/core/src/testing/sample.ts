import assert from 'node:assert/strict'
import type { Envelope } from '../envelope.ts'
import type { InboxStore, LogQuery, ShelfQuery, StoredEnvelope } from '../store.ts'
import type { Append, AppendOutcome, Batch, CommitOutcome, Delivery, Shelving } from '../store-batch.ts'

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

/** A delivery that is only kept in the log of an address, with room for many unless said otherwise. */
export function logged(to: string, id: string, rest: Partial<Delivery> = {}): Delivery {
  const log = { messages: 1000, ageMs: 3_600_000 }
  return { envelope: sampleEnvelope({ id, to }), recipients: [], log, ...rest }
}

/** An envelope that waits for an inbox, due one second after the time that ManualClock starts at. */
export function shelved(id: string, rest: Partial<Shelving> = {}): Shelving {
  return { envelope: sampleEnvelope({ id }), dueAt: 1_700_000_001_000, inbox: 'bob', ...rest }
}

/** Commits a batch of which only some parts are given. */
export function commit(store: InboxStore, batch: Partial<Batch>): Promise<CommitOutcome> {
  return store.commit({ appends: [], acknowledgements: [], ...batch })
}

/** Commits one append by itself. */
export async function append(store: InboxStore, entry: Append): Promise<AppendOutcome> {
  const { appends } = await store.commit({ appends: [entry], acknowledgements: [] })
  assert.equal(appends.length, 1, 'one outcome for each append')
  return appends[0] ?? assert.fail()
}

/** Stores one append by itself and resolves to its position. */
export async function stored(store: InboxStore, entry: Append): Promise<number> {
  const outcome = await append(store, entry)
  return outcome.state === 'stored' ? outcome.seq : assert.fail(`it was not stored: ${JSON.stringify(outcome)}`)
}

/** The ids of what waits in an inbox, oldest first. */
export async function waiting(store: InboxStore, inbox = 'bob'): Promise<string[]> {
  return (await store.read(inbox, 0, 10_000)).map(({ envelope }) => envelope.id)
}

/** The ids of what the log holds, oldest first. */
export async function inLog(store: InboxStore, wanted: string | LogQuery, after = 0): Promise<string[]> {
  const query = typeof wanted === 'string' ? { to: wanted } : wanted
  return (await store.readLog(query, after, 10_000)).entries.map(({ envelope }) => envelope.id)
}

/** The ids of what is on the shelf. */
export async function onShelf(store: InboxStore, kind: ShelfQuery['kind']): Promise<string[]> {
  const entries = await store.shelf({ kind, limit: 10_000 })
  return entries.map(({ envelope }) => envelope.id)
}

/** Entries that can be compared: a driver may return a Buffer, which holds the same bytes and yet is not deeply equal. */
export function plain(entries: readonly StoredEnvelope[]): unknown[] {
  return entries.map((entry) => {
    const { format, bytes } = entry.envelope.body
    return { ...entry, envelope: { ...entry.envelope, body: { format, bytes: new Uint8Array(bytes) } } }
  })
}
