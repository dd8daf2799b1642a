import type { ServerResponse } from 'node:http'
import type { Clock } from '@posthouse/core'
import type { Metric } from './metric.ts'

const bounds: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** The largest first digit of a status that Node lets anybody send. */
const mostStatus = 9

interface Series {
  /** By the first digit of the status; where the client did not get the whole response, in the first place. */
  readonly statuses: number[]
  /** One for each bound, and one for what lies above all of them. */
  readonly counts: number[]
  sum: number
}

/** Counts HTTP requests, by the door that they came to. */
export class RequestMetrics {
  readonly #clock: Clock
  readonly #series = new Map<string, Series>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a request once its response has been sent, or its client has gone. */
  watch(door: string, response: ServerResponse): void {
    const since = this.#clock.elapsed()
    // It comes only once; to say so would cost as much as to count.
    response.on('close', () => {
      const whole = response.headersSent && response.writableEnded
      const status = whole ? Math.floor(response.statusCode / 100) : 0
      this.#count(door, status, (this.#clock.elapsed() - since) / 1000)
    })
  }

  read(): Metric[] {
    const samples = [...this.#series].flatMap(([door, { statuses }]) =>
      statuses.flatMap((value, digit) => {
        const status = digit === 0 ? 'cut' : `${digit}xx`
        return value === 0 ? [] : [{ labels: { door, status }, value }]
      }),
    )
    const distributions = [...this.#series].map(([door, { counts, sum }]) => {
      let count = 0
      const buckets = bounds.map((le, index) => {
        count += counts[index] ?? 0
        return { le, count }
      })
      return { labels: { door }, buckets, sum, count: count + (counts[bounds.length] ?? 0) }
    })
    const total = 'HTTP requests by door and kind of status; cut where the client did not get the whole response'
    const duration = 'From the headers of a request to the end of its response'
    return [
      { name: 'posthouse_http_requests_total', type: 'counter', help: total, samples },
      { name: 'posthouse_http_request_duration_seconds', type: 'histogram', help: duration, distributions },
    ]
  }

  #count(door: string, status: number, seconds: number): void {
    const series = this.#seriesOf(door)
    series.statuses[status] = (series.statuses[status] ?? 0) + 1
    let bucket = 0
    while (seconds > (bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += seconds
  }

  #seriesOf(door: string): Series {
    const known = this.#series.get(door)
    if (known !== undefined) return known
    const made: Series = {
      statuses: new Array(mostStatus + 1).fill(0),
      counts: new Array(bounds.length + 1).fill(0),
      sum: 0,
    }
    this.#series.set(door, made)
    return made
  }
}
