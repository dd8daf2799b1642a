import type { InboxStore } from '../store.ts'

/** A store that does what `inner` does, except for what is in `changes`: for tests that hold back, fail or watch. */
export function changedStore(inner: InboxStore, changes: Partial<InboxStore>): InboxStore {
  return {
    durability: inner.durability,
    commit: (batch) => inner.commit(batch),
    read: (inbox, after, limit) => inner.read(inbox, after, limit),
    readLog: (wanted, after, limit) => inner.readLog(wanted, after, limit),
    behindLast: (wanted, count) => inner.behindLast(wanted, count),
    logs: (kind, page) => inner.logs(kind, page),
    retained: (matches) => inner.retained(matches),
    inspect: (inbox) => inner.inspect(inbox),
    lastAccepted: (producer) => inner.lastAccepted(producer),
    shelf: (query) => inner.shelf(query),
    nextDue: () => inner.nextDue(),
    expired: (now, limit) => inner.expired(now, limit),
    records: (kind, prefix) => inner.records(kind, prefix),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
    ...changes,
  }
}
