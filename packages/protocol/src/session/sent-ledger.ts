import type { ErrorInfo, SentFrame, SentState } from '../frame/frames.ts'

type Answer = { readonly state: SentState } | { readonly error: ErrorInfo }

interface Entry {
  readonly n: number
  answer: Answer | undefined
}

const none: readonly SentFrame[] = []

/**
 * Keeps answers in the order of `n`, however they become known, and folds equal ones into one cumulative frame.
 * Spec: 4.2.
 */
export class SentLedger {
  #entries: Entry[] = []
  /** The oldest that was not released. */
  #head = 0
  #last = 0

  /** Messages that were not answered yet. */
  get size(): number {
    return this.#entries.length - this.#head
  }

  /** The newest `n` that came on this connection. */
  get last(): number {
    return this.#last
  }

  /** A new connection: the client resends what was not answered. */
  restart(): void {
    this.#entries = []
    this.#head = 0
    this.#last = 0
  }

  open(n: number): void {
    this.#entries.push({ n, answer: undefined })
    this.#last = n
  }

  /** Enters an answer; one for an unknown `n` (an older connection's) is dropped. */
  settle(n: number, answer: Answer): readonly SentFrame[] {
    const entry = this.#find(n)
    if (entry === undefined || entry.answer !== undefined) return none
    entry.answer = answer
    return this.#release()
  }

  /** `n` grows, so the entries are in order; nearly always it is the oldest one. */
  #find(n: number): Entry | undefined {
    let low = this.#head
    if (this.#entries[low]?.n === n) return this.#entries[low]
    let high = this.#entries.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#entries[middle]?.n ?? 0) < n) low = middle + 1
      else high = middle
    }
    const entry = this.#entries[low]
    return entry?.n === n ? entry : undefined
  }

  #release(): readonly SentFrame[] {
    if (this.#entries[this.#head]?.answer === undefined) return none
    const frames: SentFrame[] = []
    for (let entry = this.#entries[this.#head]; entry?.answer !== undefined; entry = this.#entries[++this.#head]) {
      const { n, answer } = entry
      const previous = frames.at(-1)
      if ('error' in answer) frames.push({ op: 'sent', n, error: answer.error })
      else if (previous !== undefined && 'state' in previous && previous.state === answer.state) {
        frames[frames.length - 1] = { op: 'sent', n, state: answer.state }
      } else frames.push({ op: 'sent', n, state: answer.state })
    }
    this.#cut()
    return frames
  }

  // Cutting when half is released is linear overall.
  #cut(): void {
    if (this.#head * 2 <= this.#entries.length) return
    this.#entries = this.#entries.slice(this.#head)
    this.#head = 0
  }
}
