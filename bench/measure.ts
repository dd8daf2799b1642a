import { Child } from './child.ts'
import type { Answer, Count, Job, Latency, Order } from './load/job.ts'
import type { Usage } from './peers/announce.ts'
import type { Case } from './plan.ts'
import { type Server, startServer } from './server.ts'

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
  /** What the folder of the server has grown by, in bytes. */
  readonly diskBytes: number
  readonly latency?: Latency
  readonly errors: readonly string[]
}

/** For how long a server may put in order what it was given, before its memory and its files are looked at, in seconds. */
const mostRestS = 120

/** How long a measurement takes. */
export interface Timing {
  readonly warmUpMs: number
  readonly windowMs: number
  readonly profileTo?: string | undefined
}

/** Measures one case once, in a server and a load process that are as new as in every other measurement. */
export async function measure(what: Case, timing: Timing): Promise<Sample> {
  const server = await startServer(what.server, timing.profileTo)
  const load = new Child('load/main.ts', { profileTo: timing.profileTo })
  try {
    const before = await server.usage()
    await order(load, { say: 'job', job: jobOf(what, server.port) })
    await wait(timing.warmUpMs)
    const diskBefore = server.diskBytes()
    const [began, from] = await Promise.all([order(load, { say: 'begin' }), server.usage()])
    const finished = await passTime(what, { load, server, timing })
    const [ended, to] = await Promise.all([order(load, { say: 'end' }), server.usage()])
    if (began.say !== 'count' || ended.say !== 'outcome') throw new Error('the load answers something else')
    return {
      ...sampleOf(began.count, finished?.count ?? ended.count, from, finished?.usage ?? to),
      ...ended.outcome,
      rss: [before.rssBytes, from.rssBytes, to.rssBytes],
      diskBytes: (finished?.diskBytes ?? server.diskBytes()) - diskBefore,
    }
  } finally {
    await load.close()
    await server.close()
  }
}

/** What a measurement is made with. */
interface Setting {
  readonly load: Child
  readonly server: Server
  readonly timing: Timing
}

/** What was found when work that has an end of its own had come to it. */
interface Finish {
  readonly count: Count
  readonly usage: Usage
  readonly diskBytes: number
}

/** Waits as long as a measurement takes; in `jitter` the server may be killed in the middle. */
async function passTime({ work }: Case, { load, server, timing }: Setting): Promise<Finish | undefined> {
  if (work.kind === 'inbox') return untilFinished(load, server)
  if (work.kind === 'jitter' && work.restart) {
    await wait(timing.windowMs / 2)
    await server.restart()
    await wait(timing.windowMs / 2)
  } else await wait(timing.windowMs)
  return undefined
}

async function untilFinished(load: Child, server: Server): Promise<Finish> {
  const answer = await order(load, { say: 'finish' })
  if (answer.say !== 'count') throw new Error('the load answers something else')
  const usage = await server.usage()
  await rested(server)
  return { count: answer.count, usage, diskBytes: server.diskBytes() }
}

/** Waits until a server has done next to nothing for two seconds. */
async function rested(server: Server): Promise<void> {
  let idle = 0
  for (let second = 0; idle < 2 && second < mostRestS; second++) {
    const { cpuUs } = await server.usage()
    await wait(1000)
    idle = (await server.usage()).cpuUs - cpuUs < 50_000 ? idle + 1 : 0
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
function sampleOf(began: Count, ended: Count, from: Usage, to: Usage): Omit<Sample, 'rss' | 'diskBytes' | 'errors'> {
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
