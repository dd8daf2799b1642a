import type { SoakNode } from './soak-node.ts'

/** What a node took at one moment. */
interface Look {
  /** Since the first look, in minutes. */
  readonly at: number
  readonly rss: number
  readonly heap: number
  /** How late the event loop came to its timers since the look before, in seconds. */
  readonly late: number
}

const mebibyte = 1_048_576

/** Looks at a node now and then. */
export class Memory {
  readonly #looks: Look[] = []
  readonly #since = performance.now()

  async look(node: SoakNode): Promise<void> {
    const metrics = await node.metrics()
    const of = (name: string): number => metrics.get(name) ?? Number.NaN
    this.#looks.push({
      at: (performance.now() - this.#since) / 60_000,
      rss: of('process_resident_memory_bytes') / mebibyte,
      heap: of('nodejs_heap_size_used_bytes') / mebibyte,
      late: of('posthouse_event_loop_delay_seconds'),
    })
  }

  /** In lines for people. The first third, in which caches fill and code is compiled, is in no slope. */
  lines(): string[] {
    const steady = this.#looks.slice(Math.floor(this.#looks.length / 3))
    return [
      this.#line('memory of the process', 'rss', steady),
      this.#line('memory of its JavaScript objects', 'heap', steady),
      `event loop late by at most ${(Math.max(...this.#looks.map(({ late }) => late)) * 1000).toFixed(0)} ms`,
    ]
  }

  /** What is left after garbage was collected is near the least of each minute. */
  #leastByMinute(key: 'rss' | 'heap'): string {
    const minutes = Map.groupBy(this.#looks, ({ at }) => Math.floor(at))
    return [...minutes.values()].map((looks) => Math.min(...looks.map((look) => look[key])).toFixed(0)).join(' ')
  }

  #line(what: string, key: 'rss' | 'heap', steady: readonly Look[]): string {
    const values = this.#looks.map((look) => look[key])
    const [first = Number.NaN] = values
    const range = `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} MiB`
    const ends = `first ${first.toFixed(0)}, last ${values.at(-1)?.toFixed(0)}`
    const slope = `${slopeOf(steady, key).toFixed(2)} MiB a minute over the last two thirds`
    return `${what}: ${range} (${ends}), ${slope}; least of each minute: ${this.#leastByMinute(key)}`
  }
}

/** By least squares. */
function slopeOf(looks: readonly Look[], key: 'rss' | 'heap'): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length
  const [x, y] = [mean(looks.map(({ at }) => at)), mean(looks.map((look) => look[key]))]
  const over = looks.reduce((sum, look) => sum + (look.at - x) * (look[key] - y), 0)
  return over / looks.reduce((sum, { at }) => sum + (at - x) ** 2, 0)
}
