import { PosthouseError } from '@posthouse/core'
import { answerError } from './answer-error.ts'
import type { FetchPlace } from './grant.ts'
import { StallGuard } from './stall-guard.ts'
import type { Transfer } from './transfer.ts'

/** Takes the bytes of a file in their order. */
export interface Sink {
  /** Bytes that it has. */
  readonly length: number
  write(bytes: Uint8Array): Promise<void>
  /** Forgets what it has. */
  reset(): Promise<void>
}

/** Fetches the content of files. */
export class Fetcher {
  readonly transfer: Transfer

  constructor(transfer: Transfer) {
    this.transfer = transfer
  }

  /**
   * Brings all bytes of a file into a sink, over as many connections as it takes.
   * @param known where it is, if that is known.
   * @throws PosthouseError
   */
  async fetch(key: string, sink: Sink, known?: FetchPlace): Promise<FetchPlace> {
    let place = known
    this.transfer.meter.add(sink.length)
    return this.transfer.persist(async (progressed) => {
      place ??= await this.transfer.askPlace(key)
      const asked = place
      try {
        if (sink.length > asked.size) await this.#restart(sink)
        if (sink.length < asked.size) await this.#take(asked, sink, progressed)
        return asked
      } catch (error) {
        // A URL does not last; the next one does.
        place = undefined
        throw error
      }
    })
  }

  async #restart(sink: Sink): Promise<void> {
    this.transfer.meter.add(-sink.length)
    await sink.reset()
  }

  async #take({ url, size, key }: FetchPlace, sink: Sink, progressed: () => void): Promise<void> {
    const { host, signal, idleMs, gate, meter } = this.transfer
    await gate?.passed()
    using guard = new StallGuard(host.clock, idleMs, signal)
    const from = sink.length
    const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {}
    const answer = await host.platform.exchange({ method: 'GET', url, headers, signal: guard.signal })
    if (answer.status !== 200 && answer.status !== 206) throw await answerError(answer, `${key} cannot be fetched`)
    if (from > 0 && !continues(answer.status, answer.header('content-range'), from)) await this.#restart(sink)
    for await (const bytes of answer.body) {
      if (gate?.paused) await guard.held(gate.passed())
      guard.moved()
      if (sink.length + bytes.length > size)
        throw new PosthouseError('content_mismatch', `${key} is longer than was said`)
      await sink.write(bytes)
      meter.add(bytes.length)
      progressed()
    }
    if (sink.length < size)
      throw new PosthouseError('truncated_body', `${key} ended after ${sink.length} of ${size} bytes`)
  }
}

function continues(status: number, range: string | undefined, from: number): boolean {
  return status === 206 && (range?.startsWith(`bytes ${from}-`) ?? false)
}
