import type { ErrorInfo, SentFrame, SentState } from '../frame/frames.ts'

type Answer = { readonly state: SentState } | { readonly error: ErrorInfo }

interface Entry {
  readonly n: number
  answer?: Answer
}

/**
 * Keeps answers in the order of `n`, however they become known, and folds equal ones into one cumulative frame.
 * Spec: 4.2.
 */
export class SentLedger {
  #entries: Entry[] = []
  #last = 0

  /** Messages that were not answered yet. */
  get size(): number {
    return this.#entries.length
  }

  /** The newest `n` that came on this connection. */
  get last(): number {
    return this.#last
  }

  /** A new connection: the client resends what was not answered. */
  restart(): void {
    this.#entries = []
    this.#last = 0
  }

  open(n: number): void {
    this.#entries.push({ n })
    this.#last = n
  }

  /** Enters an answer; one for an unknown `n` (an older connection's) is dropped. */
  settle(n: number, answer: Answer): readonly SentFrame[] {
    const entry = this.#find(n)
    if (entry === undefined || entry.answer !== undefined) return []
    entry.answer = answer
    return this.#release()
  }

  /** `n` grows, so the entries are in order. */
  #find(n: number): Entry | undefined {
    let low = 0
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
    const frames: SentFrame[] = []
    let released = 0
    for (const { n, answer } of this.#entries) {
      if (answer === undefined) break
      released++
      const previous = frames.at(-1)
      if ('error' in answer) frames.push({ op: 'sent', n, error: answer.error })
      else if (previous !== undefined && 'state' in previous && previous.state === answer.state) {
        frames[frames.length - 1] = { op: 'sent', n, state: answer.state }
      } else frames.push({ op: 'sent', n, state: answer.state })
    }
    if (released > 0) this.#entries = this.#entries.slice(released)
    return frames
  }
}
