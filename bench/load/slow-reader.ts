import { Audience, announcements } from './fanout.ts'
import type { Running, Work } from './job.ts'
import type { Language } from './language.ts'
import { Line } from './line.ts'
import { Script } from './script.ts'
import { settle, someOf } from './settle.ts'
import { Stopwatch, spin } from './stopwatch.ts'

/** What one receiver is sent besides: 8 MB in a second, so that the buffers of the kernel are full soon. */
const flood = { perSecond: 1000, bodyBytes: 8192 }

/** Messages to everyone at a fixed rate, and a flood to one receiver, who reads it or does not. */
export async function slowReader(
  port: number,
  language: Language,
  work: Extract<Work, { kind: 'slow-reader' }>,
): Promise<Running> {
  const slow = await Line.open(port, language, 'r0')
  const others: Line[] = []
  for (let index = 1; index < work.receivers; index++) others.push(await Line.open(port, language, `r${index}`))
  const senders = [await Line.open(port, language, 's0'), await Line.open(port, language, 's1')] as const
  const script = announcements(language)
  const torrent = new Script(language, { to: 'r0', lane: 1, messages: 64, bodyBytes: flood.bodyBytes })
  const stopwatch = new Stopwatch(work.perSecond)
  const audience = new Audience(others, (from, to) => stopwatch.arrived(from, to))
  const torrentWatch = new Stopwatch(flood.perSecond)
  if (!work.reads) slow.pause()
  let sent = 0
  let poured = 0
  const stop = spin(() => {
    if (stopwatch.due > sent) sent += script.write(senders[0], stopwatch.due - sent)
    if (torrentWatch.due > poured) poured += torrent.write(senders[1], torrentWatch.due - poured)
  })
  return {
    delivered: () => audience.delivered,
    begin: () => stopwatch.restart(),
    end: async () => {
      stop()
      const missing = await settle(() => sent * others.length - audience.delivered)
      const lost = missing > 0 ? `${missing} deliveries to the others never came` : undefined
      const errors = someOf([lost, ...senders.map((line) => line.error), ...audience.errors])
      for (const line of [slow, ...others, ...senders]) line.close()
      return { errors, latency: stopwatch.result() }
    },
  }
}
