import type { Hour } from './hour.ts'
import type { Tally } from './tally.ts'

/** What a tally has grown by since it was last looked at. */
export class TallyChanges {
  readonly #tally: Tally
  #messages = 0
  #delivered = 0
  #acknowledgements = 0
  readonly #failures = new Map<string, number>()

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** Counts it in `hour`; false where it is nothing. */
  into(hour: Hour): boolean {
    const { publishedLive, publishedStored, deliveredLive, deliveredStored, acknowledgements } = this.#tally
    const messages = publishedLive + publishedStored - this.#messages
    const delivered = deliveredLive + deliveredStored - this.#delivered
    const acknowledged = acknowledgements - this.#acknowledgements
    hour.messages += messages
    hour.delivered += delivered
    this.#messages += messages
    this.#delivered += delivered
    this.#acknowledgements += acknowledged
    const failed = this.#failuresInto(hour)
    return messages + delivered + acknowledged + failed > 0
  }

  #failuresInto(hour: Hour): number {
    const sums = new Map<string, number>()
    const { refused, callsFailed, deadLetters } = this.#tally
    for (const labelled of [refused, callsFailed, deadLetters]) {
      for (const [code, count] of labelled.entries()) sums.set(String(code), (sums.get(String(code)) ?? 0) + count)
    }
    let all = 0
    for (const [code, sum] of sums) {
      const count = sum - (this.#failures.get(code) ?? 0)
      this.#failures.set(code, sum)
      hour.fail(code, count)
      all += count
    }
    return all
  }
}
