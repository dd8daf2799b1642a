import type { ManualClock } from '../clock.ts'
import type { InboxStore } from '../store.ts'
import type { Dice } from './dice.ts'

/** What a law tests on: a fresh store, its time, and dice that fall the same each time. */
export interface LawCourt {
  readonly store: InboxStore
  readonly clock: ManualClock
  readonly dice: Dice
}

/** How many commits each law looks at. */
export const lawSteps = 40
