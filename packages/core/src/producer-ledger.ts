import type { ErrorCode } from './errors.ts'
import type { AppendOutcome, ProducerPosition } from './store-batch.ts'

/** Refusals remembered per producer: as many as a client may have under way, and some. */
const maxRefusals = 1024

interface ProducerEntry {
  last: number
  /** The newest `n` whose refusal had to be forgotten. */
  forgotten: number
  readonly refused: Map<number, ErrorCode>
}

/** Remembers what each producer was answered, so that a resend gets the same answer. Bounded, oldest use goes first. */
export class ProducerLedger {
  readonly #capacity: number
  readonly #entries = new Map<string, ProducerEntry>()
  /** Who was used last. */
  #newest: string | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The last `n` that was answered; 0 for an unknown producer. */
  last(producer: string): number {
    return this.#entries.get(producer)?.last ?? 0
  }

  /** The answer that this message got before, if it did. */
  answer({ producer, n }: ProducerPosition): AppendOutcome | undefined {
    const entry = this.#entries.get(producer)
    if (entry === undefined || n > entry.last) return undefined
    const code = entry.refused.get(n)
    if (code !== undefined) return { state: 'refused', code }
    // Whether it was refused is forgotten here, and calling a lost message a duplicate would be a lie.
    return n > entry.forgotten ? { state: 'duplicate' } : { state: 'refused', code: 'window_exceeded' }
  }

  record({ producer, n }: ProducerPosition, outcome: AppendOutcome): void {
    const entry = this.#entries.get(producer) ?? { last: 0, forgotten: 0, refused: new Map<number, ErrorCode>() }
    entry.last = n
    if (outcome.state === 'refused') {
      entry.refused.set(n, outcome.code)
      entry.forgotten = dropOldest(entry.refused, maxRefusals) ?? entry.forgotten
    }
    // Who sends much comes many times in a row, and is the newest already.
    if (this.#newest === producer) return
    this.#newest = producer
    this.#entries.delete(producer)
    this.#entries.set(producer, entry)
    dropOldest(this.#entries, this.#capacity)
  }
}

/** Makes a map that has grown by one entry fit again; the key that had to go. */
function dropOldest<Key>(map: Map<Key, unknown>, capacity: number): Key | undefined {
  if (map.size <= capacity) return undefined
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
  return oldest
}
