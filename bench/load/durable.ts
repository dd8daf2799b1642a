import { loadDurableWire } from './durable/wire.ts'
import type { Job, Latency, Running, Work } from './job.ts'
import { Line } from './line.ts'
import { settle, someOf } from './settle.ts'
import { percentiles } from './stopwatch.ts'

/** Messages in flight while the servers get warm: with one at a time the least busy of them would take a minute. */
const warmUpInFlight = 500

/** When each message that is not confirmed was written, and how long that took for those that are. */
class ConfirmationTimes {
  readonly #writtenMs: Float64Array
  #us: number[] = []

  constructor(ring: number) {
    this.#writtenMs = new Float64Array(ring)
  }

  written(from: number, to: number): void {
    const now = performance.now()
    for (let number = from; number < to; number++) this.#writtenMs[number % this.#writtenMs.length] = now
  }

  confirmed(from: number, to: number): void {
    const now = performance.now()
    for (let number = from; number < to; number++) {
      this.#us.push((now - (this.#writtenMs[number % this.#writtenMs.length] ?? 0)) * 1000)
    }
  }

  restart(): void {
    this.#us = []
  }

  result(): Latency {
    return percentiles(this.#us)
  }
}

/** One pair; every message is kept before it is confirmed to its sender, and acknowledged by its receiver. */
export async function durable(
  { port, language }: Pick<Job, 'port' | 'language'>,
  work: Extract<Work, { kind: 'durable' }>,
): Promise<Running> {
  const wire = await loadDurableWire(language)
  const ring = Math.max(warmUpInFlight, work.inFlight) * 4
  const sender = await Line.open(port, wire, 's0')
  const receiver = await Line.open(port, wire, 'r0')
  const script = wire.script(ring)
  const confirmations = wire.confirmations()
  const deliveries = wire.deliveries(ring)
  const times = new ConfirmationTimes(ring)
  let [sent, confirmed, received, stopped] = [0, 0, 0, false]
  let inFlight = warmUpInFlight
  const done = (): number => Math.min(confirmed, received)
  const pump = (): void => {
    const free = inFlight - (sent - done())
    if (stopped || free < inFlight / 8) return
    times.written(sent, sent + free)
    sent += script.write(sender, free)
  }
  sender.onBytes = (chunk) => {
    const before = confirmed
    confirmed += confirmations.take(chunk)
    times.confirmed(before, confirmed)
    pump()
  }
  receiver.onBytes = (chunk) => {
    const arrival = deliveries.take(chunk)
    received += arrival.received
    if (arrival.reply !== undefined) receiver.write(arrival.reply)
    pump()
  }
  pump()
  return {
    delivered: done,
    begin: () => {
      inFlight = work.inFlight
      times.restart()
    },
    end: async () => {
      stopped = true
      const missing = await settle(() => sent - done())
      const lost = missing > 0 ? `${sent} sent, ${confirmed} confirmed, ${received} received` : undefined
      const errors = someOf([lost, confirmations.error, deliveries.error, sender.error, receiver.error])
      for (const line of [sender, receiver]) line.close()
      return { errors, latency: times.result() }
    },
  }
}
