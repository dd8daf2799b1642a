import { PosthouseError } from '@posthouse/core'
import type { ResponseFrame } from '../frame/call-frames.ts'

/** Parts of an answer that may be sent before the caller has taken any. Spec: 4.8.6. */
export const firstParts = 32

/** How far an answer has come: decides whether a response may follow what was sent before. Spec: 4.8.4, 4.8.6. */
export class AnswerProgress {
  #parts = 0
  #allowed = firstParts

  /** Allows so many more parts. */
  grant(parts: number): void {
    this.#allowed += parts
  }

  /** Says whether the call goes on after this response, or what rule it breaks. */
  take({ part, end, error }: ResponseFrame): 'goesOn' | 'over' | PosthouseError {
    if (error !== undefined) return 'over'
    if (part === undefined) {
      if (this.#parts === 0) return 'over'
      return new PosthouseError('call_failed', `a whole answer came behind ${this.#parts} parts`)
    }
    if (part !== this.#parts) return new PosthouseError('call_failed', `part ${part} came where ${this.#parts} was due`)
    if (end) return 'over'
    if (this.#parts >= this.#allowed) {
      return new PosthouseError('window_exceeded', `part ${part} came, but only ${this.#allowed} parts are allowed yet`)
    }
    this.#parts++
    return 'goesOn'
  }
}
