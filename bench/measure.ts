import { Child } from './child.ts'
import type { Answer, Count, Job, Latency, Order } from './load/job.ts'
import type { Usage } from './peers/announce.ts'
import type { Case } from './plan.ts'
import { startServer } from './server.ts'

/** What one measurement found. Rates and costs are those of the window between warming up and the end. */
export interface Sample {
  /** Delivered, or connected, before the window. */
  readonly deliveredBefore: number
  readonly perSecond: number
  /** Processor time for each delivered message, in microseconds. */
  readonly serverUs: number
  readonly loadUs: number
  /** Share of one processor that was busy. */
  readonly serverBusy: number
  readonly loadBusy: number
  /** Memory of the server before anyone connected, at the beginning of the window and at its end, in bytes. */
  readonly rss: readonly [number, number, number]
  readonly latency?: Latency
  readonly errors: readonly string[]
}

/** How long a measurement takes. */
export interface Timing {
  readonly warmUpMs: number
  readonly windowMs: number
  readonly profileTo?: string | undefined
}

/** Measures one case once, in a server and a load process that are as new as in every other measurement. */
export async function measure(what: Case, timing: Timing): Promise<Sample> {
  const server = await startServer(what.server, timing.profileTo)
  const load = new Child('load/main.ts')
  try {
    const before = await server.usage()
    await order(load, { say: 'job', job: jobOf(what, server.port) })
    await wait(timing.warmUpMs)
    const [began, from] = await Promise.all([order(load, { say: 'begin' }), server.usage()])
    await wait(timing.windowMs)
    const [ended, to] = await Promise.all([order(load, { say: 'end' }), server.usage()])
    if (began.say !== 'count' || ended.say !== 'outcome') throw new Error('the load answers something else')
    return {
      ...sampleOf(began.count, ended.count, from, to),
      ...ended.outcome,
      rss: [before.rssBytes, from.rssBytes, to.rssBytes],
    }
  } finally {
    await load.close()
    await server.close()
  }
}

function jobOf({ language, work }: Case, port: number): Job {
  return { port, language, ...work }
}

async function order(load: Child, what: Order): Promise<Answer> {
  const answer = await load.ask<Answer>(what)
  if (answer.say === 'failed') throw new Error(answer.error)
  return answer
}

/** Each process is asked for its own time, so that it does not matter which of them answers first. */
function sampleOf(began: Count, ended: Count, from: Usage, to: Usage): Omit<Sample, 'rss' | 'errors'> {
  const loadUs = (ended.atMs - began.atMs) * 1000
  const delivered = ended.delivered - began.delivered
  const perSecond = (delivered / loadUs) * 1e6
  const serverBusy = (to.cpuUs - from.cpuUs) / ((to.atMs - from.atMs) * 1000)
  const loadBusy = (ended.cpuUs - began.cpuUs) / loadUs
  return {
    deliveredBefore: began.delivered,
    perSecond,
    serverBusy,
    loadBusy,
    serverUs: (serverBusy * 1e6) / perSecond,
    loadUs: (loadBusy * 1e6) / perSecond,
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
