import type { ManualClock } from '../clock.ts'
import type { InboxStore } from '../store.ts'
import { Dice } from './dice.ts'
import { inboxLaw } from './inbox-law.ts'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import type { LawCourt } from './law-court.ts'
import { logLaw } from './log-law.ts'
import { duplicateLaw, shelfLaw } from './once-laws.ts'

/** The part of the inbox store contract where the store must agree with a model that is too simple to be wrong. */
export function obeysLaws(test: DeclareStoreTest): void {
  for (const seed of [1, 2, 3, 4]) {
    const run = (law: (court: LawCourt) => Promise<void>) => (store: InboxStore, clock: ManualClock) =>
      law({ store, clock, dice: new Dice(seed) })
    const limits = { messages: 8, ageMs: 60 }
    test(`inboxes hold what came, less what was acknowledged, removed or too old (seed ${seed})`, run(inboxLaw), limits)
    test(`logs hold the newest of what came, by count and age (seed ${seed})`, run(logLaw))
    test(`each message of each producer is stored once, however often it comes (seed ${seed})`, run(duplicateLaw))
    test(`each entry of the shelf is taken once, however often it is tried (seed ${seed})`, run(shelfLaw))
  }
}
