import type { Answer, Count, Job, Order, Running } from './job.ts'
import { loadLanguage } from './language.ts'

let running: Running | undefined

process.on('message', (order: Order) => {
  obey(order).then(answer, (error: unknown) => answer({ say: 'failed', error: String(error) }))
})

async function obey(order: Order): Promise<Answer> {
  if (order.say === 'job') {
    running = await start(order.job)
    return { say: 'running' }
  }
  if (running === undefined) throw new Error('there is no job under way')
  if (order.say === 'finish') await running.finish?.()
  const count = countOf(running)
  if (order.say === 'end') return { say: 'outcome', count, outcome: await running.end() }
  if (order.say === 'begin') running.begin?.()
  return { say: 'count', count }
}

async function start(job: Job): Promise<Running> {
  if (job.kind === 'library') return (await import('./library.ts')).library(job, job)
  if (job.kind === 'durable') return (await import('./durable.ts')).durable(job, job)
  if (job.kind === 'jitter') return (await import('./jitter.ts')).jitter(job, job)
  if (job.kind === 'inbox') return (await import('./inbox.ts')).inbox(job, job)
  const language = await loadLanguage(job.language)
  switch (job.kind) {
    case 'unicast':
      return (await import('./unicast.ts')).unicast(job.port, language, job)
    case 'fanout':
      return (await import('./fanout.ts')).fanout(job.port, language, job)
    case 'latency':
      return (await import('./latency.ts')).latency(job.port, language, job)
    case 'idle':
      return (await import('./idle.ts')).idle(job.port, language, job)
    case 'slow-reader':
      return (await import('./slow-reader.ts')).slowReader(job.port, language, job)
  }
}

function countOf(job: Running): Count {
  const { user, system } = process.cpuUsage()
  return { delivered: job.delivered(), cpuUs: user + system, atMs: performance.now() }
}

function answer(message: Answer): void {
  process.send?.(message)
}
