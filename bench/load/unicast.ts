import { LabelReader } from './body.ts'
import type { Running, Work } from './job.ts'
import type { Language } from './language.ts'
import { Line } from './line.ts'
import { Script } from './script.ts'
import { settle, someOf } from './settle.ts'

/** One sender, one receiver, and a bounded number of messages between them. */
class Pair {
  received = 0
  readonly #sender: Line
  readonly #receiver: Line
  readonly #script: Script
  readonly #reader: LabelReader
  readonly #inFlight: number
  #sent = 0
  #stopped = false

  constructor(lines: readonly [Line, Line], script: Script, reader: LabelReader, inFlight: number) {
    ;[this.#sender, this.#receiver] = lines
    this.#script = script
    this.#reader = reader
    this.#inFlight = inFlight
  }

  start(): void {
    this.#receiver.onBytes = (chunk) => {
      this.received += this.#reader.take(chunk)
      this.#pump()
    }
    this.#pump()
  }

  stop(): void {
    this.#stopped = true
  }

  get missing(): number {
    return this.#sent - this.received
  }

  get error(): string | undefined {
    return this.#reader.error ?? this.#receiver.error ?? this.#sender.error
  }

  close(): void {
    this.#sender.close()
    this.#receiver.close()
  }

  /** Writes when an eighth of the window is free: one system call for each message would measure the load. */
  #pump(): void {
    const free = this.#inFlight - this.missing
    if (!this.#stopped && free >= this.#inFlight / 8) this.#sent += this.#script.write(this.#sender, free)
  }
}

/** Many pairs, each as fast as its window lets it. */
export async function unicast(
  port: number,
  language: Language,
  work: Extract<Work, { kind: 'unicast' }>,
): Promise<Running> {
  const pairs: Pair[] = []
  const messages = work.inFlight * 4
  for (let lane = 0; lane < work.pairs; lane++) {
    const receiver = await Line.open(port, language, `r${lane}`)
    const sender = await Line.open(port, language, `s${lane}`)
    const script = new Script(language, { to: `r${lane}`, lane, messages })
    pairs.push(new Pair([sender, receiver], script, new LabelReader(lane, messages), work.inFlight))
  }
  for (const pair of pairs) pair.start()
  const sum = (of: (pair: Pair) => number): number => pairs.reduce((total, pair) => total + of(pair), 0)
  return {
    delivered: () => sum((pair) => pair.received),
    end: async () => {
      for (const pair of pairs) pair.stop()
      const missing = await settle(() => sum((pair) => pair.missing))
      const errors = pairs.map((pair) => pair.error)
      for (const pair of pairs) pair.close()
      return { errors: someOf([missing > 0 ? `${missing} messages never came` : undefined, ...errors]) }
    },
  }
}
