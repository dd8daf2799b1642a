import { type Clock, ManualClock } from '../clock.ts'
import type { InboxLimits, InboxStore } from '../store.ts'
import type { ContractTest } from './contract-test.ts'
import { keepsEnvelopes } from './keeps-envelopes.ts'
import { keepsLimits } from './keeps-limits.ts'
import { remembersProducers } from './remembers-producers.ts'

/** What a store under test is opened with. */
export interface InboxStoreSettings {
  /** Those that are missing stand for the defaults. */
  readonly limits: Partial<InboxLimits>
  readonly clock: Clock
}

/** Opens a store with nothing in it. The contract closes it. */
export type OpenInboxStore = (settings: InboxStoreSettings) => InboxStore | Promise<InboxStore>

/** What one test does with a fresh store, whose time is `clock`. */
type StoreCheck = (store: InboxStore, clock: ManualClock) => Promise<void>

/** Declares one test of the contract. */
export type DeclareStoreTest = (name: string, check: StoreCheck, limits?: Partial<InboxLimits>) => void

/**
 * Declares the tests that every inbox store must pass.
 * @example inboxStoreContract(test, (settings) => new MemoryInboxStore(settings))
 */
export function inboxStoreContract(test: ContractTest, open: OpenInboxStore): void {
  const declare: DeclareStoreTest = (name, check, limits = {}) => {
    test(name, async () => {
      const clock = new ManualClock()
      await using store = await open({ limits, clock })
      await check(store, clock)
    })
  }
  keepsEnvelopes(declare)
  keepsLimits(declare)
  remembersProducers(declare)
}
