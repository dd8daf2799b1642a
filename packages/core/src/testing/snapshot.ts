import type { InboxState, InboxStore, StoredEnvelope } from '../store.ts'
import { plain } from './sample.ts'

/** Names that the tests of the contract use. */
const inboxes = ['bob', 'carol', 'dave', 'erin', 'alice\nchannel:a']
const producers = ['p1', 'p2', 'p3']
const kinds = ['k', 'session']

/** All that a store shows of what the tests of the contract put into it. */
export interface Snapshot {
  readonly newest: number
  readonly all: unknown
}

/** Looks at everything, so that two looks can be compared. */
export async function everything(store: InboxStore): Promise<Snapshot> {
  const { newest } = await store.inspect('nobody')
  const states = new Map<string, InboxState>()
  const entries = new Map<string, unknown[]>()
  for (const name of inboxes) {
    states.set(name, await store.inspect(name))
    entries.set(name, plain(await store.read(name, 0, 10_000)))
  }
  const logs = [...(await store.logs('channel')), ...(await store.logs('group')), ...(await store.logs('all'))]
  const pages = []
  for (const { to } of logs) pages.push(pageOf(await store.readLog({ to }, 0, 10_000)))
  const accepted = []
  for (const producer of producers) accepted.push(await store.lastAccepted(producer))
  const records = []
  for (const kind of kinds) records.push(await store.records(kind))
  const shelf = [
    ...(await store.shelf({ kind: 'scheduled', limit: 10_000 })),
    ...(await store.shelf({ kind: 'dead', limit: 10_000 })),
  ]
  const retained = plain(await store.retained(() => true))
  const nextDue = await store.nextDue()
  return { newest, all: { states, entries, logs, pages, accepted, records, shelf: plain(shelf), retained, nextDue } }
}

function pageOf<Page extends { readonly entries: readonly StoredEnvelope[] }>(page: Page): unknown {
  return { ...page, entries: plain(page.entries) }
}
