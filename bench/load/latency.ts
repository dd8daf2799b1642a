import { LabelReader } from './body.ts'
import type { Running, Work } from './job.ts'
import type { Language } from './language.ts'
import { Line } from './line.ts'
import { Script } from './script.ts'
import { settle, someOf } from './settle.ts'
import { Stopwatch, spin } from './stopwatch.ts'

const ring = 4096

/** One pair at a fixed rate. */
export async function latency(
  port: number,
  language: Language,
  work: Extract<Work, { kind: 'latency' }>,
): Promise<Running> {
  const receiver = await Line.open(port, language, 'r0')
  const sender = await Line.open(port, language, 's0')
  const script = new Script(language, { to: 'r0', messages: ring })
  const reader = new LabelReader(0, ring)
  const stopwatch = new Stopwatch(work.perSecond)
  let sent = 0
  let received = 0
  receiver.onBytes = (chunk) => {
    const from = received
    received += reader.take(chunk)
    stopwatch.arrived(from, received)
  }
  const stop = spin(() => {
    const due = stopwatch.due
    if (due > sent) sent += script.write(sender, due - sent)
  })
  return {
    delivered: () => received,
    begin: () => stopwatch.restart(),
    end: async () => {
      stop()
      const missing = await settle(() => sent - received)
      const lost = missing > 0 ? `${missing} messages never came` : undefined
      const errors = someOf([lost, reader.error, receiver.error, sender.error])
      for (const line of [receiver, sender]) line.close()
      return { errors, latency: stopwatch.result() }
    },
  }
}
