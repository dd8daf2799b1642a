// room: core
// rejected by: nothing
import assert from 'node:assert/strict'
import { it } from 'node:test'

/** The contracts are for test runners, so they may use Node. */
export const contract: readonly unknown[] = [assert, it]
