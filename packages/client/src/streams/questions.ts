import { type Clock, createId, type PosthouseError } from '@posthouse/core'
import type { MembershipAnswer, MembershipFrame } from '@posthouse/protocol'

/** A question before it has an id. */
export type Question = MembershipFrame extends infer Frame
  ? Frame extends MembershipFrame
    ? Omit<Frame, 'id'>
    : never
  : never

/** Who has asked. Told at once, because what follows an answer may hang on it. */
export interface Asker {
  answered(answer: MembershipAnswer): void
  failed(error: PosthouseError): void
}

/** The unanswered questions about groups, channels and queues. Spec: 4.7.9. */
export class Questions {
  readonly #clock: Clock
  readonly #write: (frame: MembershipFrame) => void
  readonly #open = new Map<string, Asker>()

  constructor(clock: Clock, write: (frame: MembershipFrame) => void) {
    this.#clock = clock
    this.#write = write
  }

  ask(question: Question, asker: Asker): void {
    const id = createId(this.#clock.now())
    this.#open.set(id, asker)
    this.#write({ ...question, id })
  }

  /** Every answer has the id of its question. */
  answered(answer: MembershipAnswer): void {
    this.#take(answer.id)?.answered(answer)
  }

  /** Fails one question, and says whether it was open. */
  refused(id: string, error: PosthouseError): boolean {
    const asker = this.#take(id)
    asker?.failed(error)
    return asker !== undefined
  }

  fail(error: PosthouseError): void {
    for (const id of [...this.#open.keys()]) this.refused(id, error)
  }

  #take(id: string): Asker | undefined {
    const asker = this.#open.get(id)
    this.#open.delete(id)
    return asker
  }
}
