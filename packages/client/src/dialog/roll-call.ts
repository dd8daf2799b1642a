import { type Clock, PosthouseError, type Timer } from '@posthouse/core'
import type { ClientInfo } from '@posthouse/protocol'
import { createWaiter, type Waiter } from '../waiter.ts'

/** How clients are listed. */
export interface ClientsOptions {
  /** Only those who are online. Default true. */
  readonly online?: boolean
  /** How long to wait for the answer, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

interface Question {
  readonly found: ClientInfo[]
  readonly waiter: Waiter<readonly ClientInfo[]>
  readonly timer: Timer
}

/** The unanswered questions who is there. */
export class RollCall {
  readonly #clock: Clock
  readonly #questions = new Map<string, Question>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws PosthouseError `aborted` */
  ask(id: string, { timeoutMs = 5000, signal }: ClientsOptions): Promise<readonly ClientInfo[]> {
    const waiter = createWaiter<readonly ClientInfo[]>(signal, () => this.#close(id))
    const timer = this.#clock.after(timeoutMs, () => {
      this.fail(id, new PosthouseError('timeout', `the hub did not list its clients within ${timeoutMs} ms`))
    })
    this.#questions.set(id, { found: [], waiter, timer })
    return waiter.promise
  }

  /** Takes an answer, or a part of one. */
  receive(id: string, clients: readonly ClientInfo[], more = false): void {
    const question = this.#questions.get(id)
    if (question === undefined) return
    for (const client of clients) question.found.push(client)
    if (!more) this.#close(id)?.waiter.resolve(question.found)
  }

  /** Fails one question, and says whether it was open. */
  fail(id: string, error: PosthouseError): boolean {
    const question = this.#close(id)
    question?.waiter.reject(error)
    return question !== undefined
  }

  failAll(error: PosthouseError): void {
    for (const id of [...this.#questions.keys()]) this.fail(id, error)
  }

  #close(id: string): Question | undefined {
    const question = this.#questions.get(id)
    this.#questions.delete(id)
    question?.timer[Symbol.dispose]()
    return question
  }
}
