import type { Answer } from '../call/answer.ts'
import type { IncomingCall } from '../call/incoming-call.ts'
import type { TakeItem } from '../call/item-line.ts'
import type { RunningCall, Watcher } from '../call/running-call.ts'

/** Where an answer goes: to an acknowledgement, by its number or as the library gives it; otherwise to the event. */
export type Reply = number | ((response: object) => void) | undefined

/** What becomes of what a call says. */
export interface Watching {
  ended(waiting: WaitingCall, answer: Answer): void
  /** Nothing where its caller would not understand. */
  readonly progress: ((requestId: string, progress: unknown) => void) | undefined
  item(requestId: string, n: number, item: unknown): void
}

/** A call that this socket waits for. */
export class WaitingCall implements Watcher {
  readonly call: IncomingCall
  readonly reply: Reply
  run: RunningCall | undefined
  readonly item: TakeItem | undefined
  readonly #watching: Watching

  constructor(call: IncomingCall, reply: Reply, watching: Watching) {
    this.call = call
    this.reply = reply
    this.#watching = watching
    this.item = call.stream && ((n, item) => watching.item(call.requestId, n, item))
  }

  ended(answer: Answer): void {
    this.#watching.ended(this, answer)
  }

  progress(progress: unknown): void {
    this.#watching.progress?.(this.call.requestId, progress)
  }
}
