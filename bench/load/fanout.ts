import { LabelReader } from './body.ts'
import type { Running, Work } from './job.ts'
import type { Language } from './language.ts'
import { Line } from './line.ts'
import { Script } from './script.ts'
import { settle, someOf } from './settle.ts'

/** Different messages; more than can be under way at once. */
const ring = 1024

/** Counts how many receivers have each message, in the order in which they were sent. */
export class Audience {
  delivered = 0
  /** Messages that everyone has. */
  complete = 0
  readonly #readers: readonly LabelReader[]
  readonly #lines: readonly Line[]
  readonly #arrivals = new Uint32Array(ring)

  /** @param onArrival told that receiver messages `from` up to, not including, `to` have come somewhere */
  constructor(lines: readonly Line[], onArrival: (from: number, to: number) => void) {
    this.#lines = lines
    this.#readers = lines.map(() => new LabelReader(0, ring))
    for (const [index, line] of lines.entries()) this.#follow(line, index, onArrival)
  }

  get errors(): readonly (string | undefined)[] {
    return this.#lines.map((line, index) => this.#readers[index]?.error ?? line.error)
  }

  #follow(line: Line, index: number, onArrival: (from: number, to: number) => void): void {
    const reader = this.#readers[index]
    let received = 0
    line.onBytes = (chunk) => {
      const from = received
      received += reader?.take(chunk) ?? 0
      if (received === from) return
      this.#note(from, received)
      onArrival(from, received)
    }
  }

  #note(from: number, to: number): void {
    this.delivered += to - from
    for (let number = from; number < to; number++) {
      const slot = number % ring
      const arrivals = (this.#arrivals[slot] ?? 0) + 1
      if (arrivals === this.#lines.length) this.complete++
      this.#arrivals[slot] = arrivals === this.#lines.length ? 0 : arrivals
    }
  }
}

/** The messages for everyone. */
export function announcements(language: Language): Script {
  return new Script(language, { to: 'all', messages: ring })
}

/** One sender to everyone, with a bounded number of messages that somebody still lacks. */
export async function fanout(
  port: number,
  language: Language,
  work: Extract<Work, { kind: 'fanout' }>,
): Promise<Running> {
  const script = announcements(language)
  const lines: Line[] = []
  for (let index = 0; index < work.receivers; index++) lines.push(await Line.open(port, language, `r${index}`))
  const sender = await Line.open(port, language, 's0')
  let sent = 0
  let stopped = false
  const pump = (): void => {
    const free = work.inFlight - (sent - audience.complete)
    if (!stopped && free > 0) sent += script.write(sender, free)
  }
  const audience = new Audience(lines, pump)
  pump()
  return {
    delivered: () => audience.delivered,
    end: async () => {
      stopped = true
      const missing = await settle(() => sent * lines.length - audience.delivered)
      const errors = [missing > 0 ? `${missing} deliveries never came` : undefined, sender.error, ...audience.errors]
      for (const line of [...lines, sender]) line.close()
      return { errors: someOf(errors) }
    },
  }
}
