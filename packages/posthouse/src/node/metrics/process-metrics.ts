import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Metric } from './metric.ts'

/** How often the delay of the event loop is looked at, in milliseconds. */
const resolution = 20

/** The process that a node runs in. Its event loop is watched from the first time that somebody asks. */
export class ProcessMetrics implements Disposable {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined

  read(): Metric[] {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    const { active, idle } = performance.eventLoopUtilization()
    return [
      this.#delayMetric(),
      one(
        'posthouse_event_loop_active_seconds_total',
        'counter',
        'Time in which the event loop had work',
        active / 1000,
      ),
      one('posthouse_event_loop_idle_seconds_total', 'counter', 'Time in which it waited', idle / 1000),
      one('process_cpu_seconds_total', 'counter', 'Processor time of the process', (user + system) / 1e6),
      one('process_resident_memory_bytes', 'gauge', 'Memory of the process', rss),
      one('nodejs_heap_size_used_bytes', 'gauge', 'Memory of its JavaScript objects', heapUsed),
    ]
  }

  [Symbol.dispose](): void {
    this.#delay?.disable()
  }

  #delayMetric(): Metric {
    const delay = this.#delay ?? monitorEventLoopDelay({ resolution })
    this.#delay = delay
    delay.enable()
    // Without the pause itself, which is no delay. Before the first measurement the histogram has no numbers to speak of.
    const late = (nanoseconds: number): number =>
      delay.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - resolution / 1000)
    const measured = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) }
    delay.reset()
    return {
      name: 'posthouse_event_loop_delay_seconds',
      help: 'How late the event loop came to its timers since this was last asked for',
      type: 'gauge',
      samples: Object.entries(measured).map(([stat, value]) => ({ labels: { stat }, value })),
    }
  }
}

function one(name: string, type: 'counter' | 'gauge', help: string, value: number): Metric {
  return { name, help, type, samples: [{ value }] }
}
