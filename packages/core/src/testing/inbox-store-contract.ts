import { type Clock, ManualClock } from '../clock.ts'
import type { InboxLimits, InboxStore, StoreBounds } from '../store.ts'
import { commitsWhole } from './commits-whole.ts'
import type { ContractTest } from './contract-test.ts'
import { keepsCursors } from './keeps-cursors.ts'
import { keepsEnvelopes } from './keeps-envelopes.ts'
import { keepsLimits } from './keeps-limits.ts'
import { keepsLog } from './keeps-log.ts'
import { keepsRecords } from './keeps-records.ts'
import { keepsRetained } from './keeps-retained.ts'
import { keepsShelf } from './keeps-shelf.ts'
import { obeysLaws } from './obeys-laws.ts'
import { remembersProducers } from './remembers-producers.ts'
import { removesEntries } from './removes-entries.ts'
import { survivesReopening } from './survives-reopening.ts'

/** What a store under test is opened with. */
export interface InboxStoreSettings {
  /** Those that are missing stand for the defaults. */
  readonly limits: Partial<InboxLimits>
  /** Those that are missing stand for the defaults. */
  readonly bounds: Partial<StoreBounds>
  readonly clock: Clock
  /** Another one for each test: where a store that lasts keeps its data. */
  readonly place: string
}

/** Opens a store, with what the last one of the same place left in it. The contract closes it. */
export type OpenInboxStore = (settings: InboxStoreSettings) => InboxStore | Promise<InboxStore>

/** What a backend can do that not every one can. */
export interface InboxStoreAbilities {
  /** True where a store that was closed can be opened again with everything in it. Default false. */
  readonly lasts?: boolean
}

/** What one test does with a fresh store, whose time is `clock`. */
type StoreCheck = (store: InboxStore, clock: ManualClock) => Promise<void>

/** Declares one test of the contract. */
export type DeclareStoreTest = (
  name: string,
  check: StoreCheck,
  limits?: Partial<InboxLimits>,
  bounds?: Partial<StoreBounds>,
) => void

/**
 * Declares the tests that every inbox store must pass.
 * @example inboxStoreContract(test, (settings) => new MemoryInboxStore(settings))
 */
export function inboxStoreContract(
  test: ContractTest,
  open: OpenInboxStore,
  abilities: InboxStoreAbilities = {},
): void {
  let places = 0
  const declare: DeclareStoreTest = (name, check, limits = {}, bounds = {}) => {
    test(name, async () => {
      const clock = new ManualClock()
      await using store = await open({ limits, bounds, clock, place: `place-${++places}` })
      await check(store, clock)
    })
  }
  keepsEnvelopes(declare)
  keepsCursors(declare)
  keepsLimits(declare)
  remembersProducers(declare)
  removesEntries(declare)
  keepsLog(declare)
  keepsRetained(declare)
  keepsShelf(declare)
  keepsRecords(declare)
  commitsWhole(declare)
  obeysLaws(declare)
  if (abilities.lasts) survivesReopening(test, open)
}
