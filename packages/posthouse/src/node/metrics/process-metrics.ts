import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { counter, gauge, type Metric, samplesBy } from './metric.ts'

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
      counter('posthouse_event_loop_active_seconds_total', 'Time in which the event loop had work', active / 1000),
      counter('posthouse_event_loop_idle_seconds_total', 'Time in which it waited', idle / 1000),
      counter('process_cpu_seconds_total', 'Processor time of the process', (user + system) / 1e6),
      gauge('process_resident_memory_bytes', 'Memory of the process', rss),
      gauge('nodejs_heap_size_used_bytes', 'Memory of its JavaScript objects', heapUsed),
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
    const help = 'How late the event loop came to its timers since this was last asked for'
    return gauge('posthouse_event_loop_delay_seconds', help, samplesBy('stat', measured))
  }
}
