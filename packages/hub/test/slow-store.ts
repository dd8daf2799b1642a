import { type InboxStore, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'

/** A memory store whose work waits at gates that the test opens. */
export interface SlowStore {
  readonly store: InboxStore
  /** From now on `inspect` waits until the returned function is called. */
  holdInspect(): () => void
  /** From now on `commit` waits until the returned function is called. */
  holdCommit(): () => void
  /** From now on `commit` fails, until the returned function is called. */
  breakCommit(): () => void
}

export function slowStore(): SlowStore {
  const inner = new MemoryInboxStore()
  const gates = { inspect: Promise.resolve(), commit: Promise.resolve() }
  const hold = (gate: keyof typeof gates) => (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gates[gate] = promise
    return resolve
  }
  const store = changedStore(inner, {
    commit: (batch) => gates.commit.then(() => inner.commit(batch)),
    inspect: (inbox) => gates.inspect.then(() => inner.inspect(inbox)),
  })
  const breakCommit = (): (() => void) => {
    const broken = Promise.reject(new Error('the disk is full'))
    broken.catch(() => undefined)
    gates.commit = broken
    return () => {
      gates.commit = Promise.resolve()
    }
  }
  return { store, holdInspect: hold('inspect'), holdCommit: hold('commit'), breakCommit }
}
