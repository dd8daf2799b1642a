import type { AnswerProgress } from '@posthouse/protocol/calls'
import type { CallPort } from './call-port.ts'

/** A call under way. */
export interface CallEntry {
  readonly caller: CallPort
  /** The caller's id of it. */
  readonly callerId: string
  readonly callee: CallPort
  /** The hub's id of it, which the callee uses. */
  readonly id: string
  /** The address that was called. */
  readonly to: string
  readonly method: string
  readonly progress: AnswerProgress
  /** Where its deadline is kept. */
  step: number
}
