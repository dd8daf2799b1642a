import { LabelReader } from '../body.ts'
import { clientFrame } from '../web-socket.ts'
import { lastNumber, MessageSplitter } from './messages.ts'
import { firstNumber } from './numbered-script.ts'
import type { Arrival, ConfirmationReader, DeliveryReader } from './wire.ts'

/** Reads messages that say up to which number all have been kept. */
export class CumulativeConfirmations implements ConfirmationReader {
  readonly #splitter = new MessageSplitter()
  readonly #mark: string
  readonly #wanted: string
  #confirmed = firstNumber - 1
  error: string | undefined

  /** @param wanted what stands in an answer that is no refusal */
  constructor(mark: string, wanted: string) {
    this.#mark = mark
    this.#wanted = wanted
  }

  take(chunk: Buffer): number {
    const before = this.#confirmed
    this.#splitter.split(chunk, (payload) => this.#read(payload))
    return this.#confirmed - before
  }

  #read(payload: Buffer): void {
    const number = lastNumber(payload, this.#mark)
    if (number > this.#confirmed && payload.includes(this.#wanted)) this.#confirmed = number
    else this.error ??= `the sender is told ${payload.toString('latin1', 0, 200)}`
  }
}

/** Reads messages with a position behind `mark`, and acknowledges the last one of each chunk. */
export class CumulativeDeliveries implements DeliveryReader {
  readonly #splitter = new MessageSplitter()
  readonly #labels: LabelReader
  readonly #mark: string
  readonly #acknowledge: (position: number) => string

  constructor(ring: number, mark: string, acknowledge: (position: number) => string) {
    this.#labels = new LabelReader(0, ring)
    this.#mark = mark
    this.#acknowledge = acknowledge
  }

  get error(): string | undefined {
    return this.#labels.error
  }

  take(chunk: Buffer): Arrival {
    let received = 0
    let position = -1
    this.#splitter.split(chunk, (payload) => {
      received += this.#labels.take(payload)
      position = Math.max(position, lastNumber(payload, this.#mark))
    })
    if (position < 0) return { received, reply: undefined }
    return { received, reply: clientFrame(Buffer.from(this.#acknowledge(position)), 'text') }
  }
}
