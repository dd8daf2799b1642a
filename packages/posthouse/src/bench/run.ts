import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { HubClient, type HubClientOptions } from '@posthouse/client'
import { PosthouseError, randomHex } from '@posthouse/core'
import { pause } from '../interrupt.ts'
import { Lane, type LaneEvents, nowMicros } from './lane.ts'
import type { BenchPlan } from './plan.ts'

/** What came out of a run. Rates and latencies are of `seconds`, sums of everything. */
export interface BenchResult {
  readonly seconds: number
  readonly sent: number
  readonly received: number
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
  /** Milliseconds from when a message was due to its arrival. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number }
  readonly lost: number
  readonly repeated: number
  readonly disordered: number
  /** What could not be sent, and what else the hub complained of, by the code of the error. */
  readonly refused: Readonly<Record<string, number>>
  /** Connections that were lost on the way. */
  readonly disconnects: number
  /** How much of one core this process used, 1 is all of it. */
  readonly cpu: number
  /** It was ended before its time. */
  readonly interrupted: boolean
}

/** What happens during a run. */
export interface BenchEvents {
  progress(sent: number, received: number): void
}

/** What stands around a body, in bytes, and more. */
const envelopeBytes = 1024
/** How many clients connect at the same time. */
const connectTogether = 16
/** The share of a run, and its most in milliseconds, that only warms up. */
const warmUp = { share: 0.2, maxMs: 1000 }
/** How long what is under way at the end is waited for, in all and when nothing comes any more, in milliseconds. */
const settleMs = 30_000
const quietMs = 1000
const tickMs = 100
const giveUpTicks = 10

/** Runs a plan; `signal` ends it early, with what was measured so far. The clients come and go with it. */
export class BenchRun implements AsyncDisposable {
  readonly #plan: BenchPlan
  readonly #events: BenchEvents
  readonly #clients: HubClient[] = []
  readonly #lanes: Lane[] = []
  readonly #latency: RecordableHistogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
  readonly #refused: Record<string, number> = {}
  #disconnects = 0
  #received = 0
  #sent = 0
  #measuring = false
  /** Sends where a lane has room again. */
  #refill: ((lane: Lane) => void) | undefined

  constructor(plan: BenchPlan, events: BenchEvents) {
    this.#plan = plan
    this.#events = events
  }

  /**
   * Connects everyone.
   * @throws PosthouseError `unreachable`, `aborted`, `body_too_large`, or what the hub refuses a client for
   */
  async connect(options: HubClientOptions, prefix: string | undefined, signal: AbortSignal): Promise<void> {
    const name = prefix ?? `bench_${randomHex(4)}`
    const { pairs, fanout = 1, window, size } = this.#plan
    const outbox = { messages: window + 1, bytes: (window + 1) * (size + envelopeBytes) }
    const make = (part: string): HubClient =>
      this.#client({ ...options, outbox, clientId: `${name}_${part}`, transient: true })
    for (let index = 0; index < pairs; index++) {
      const receivers = Array.from({ length: fanout }, (_, each) => make(`r${index + each}`))
      const events: LaneEvents = {
        arrived: (micros) => this.#arrived(micros, lane),
        settled: () => this.#refill?.(lane),
        refused: (code) => this.#refuse(code),
      }
      const lane = new Lane({ sender: make(`s${index}`), receivers, plan: this.#plan, events })
      this.#lanes.push(lane)
    }
    for (let from = 0; from < this.#clients.length; from += connectTogether) {
      const together = this.#clients.slice(from, from + connectTogether)
      await Promise.all(together.map((client) => client.connect({ signal })))
    }
    const { bodyBytes = Number.POSITIVE_INFINITY } = this.#clients[0]?.welcome?.limits ?? {}
    if (this.#plan.size > bodyBytes) {
      throw new PosthouseError('body_too_large', `the hub takes bodies of at most ${bodyBytes} bytes`)
    }
    for (const client of this.#clients) {
      client.watch('state', ({ state }) => state === 'waiting' && this.#disconnects++)
      client.watch('error', ({ code }) => this.#refuse(code))
    }
  }

  /** The ids of other programs that are connected: a message to `all` would reach them, too. */
  async others(): Promise<readonly string[]> {
    const own = new Set(this.#clients.map(({ clientId }) => clientId))
    const listed = (await this.#clients[0]?.clients()) ?? []
    return listed.map(({ client }) => client).filter((client) => !own.has(client))
  }

  async run(signal: AbortSignal): Promise<BenchResult> {
    const measured = await this.#measure(signal)
    await this.#settle(signal)
    return { ...this.#checked(), ...measured, interrupted: signal.aborted }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #client(options: HubClientOptions): HubClient {
    const client = new HubClient(options)
    this.#clients.push(client)
    return client
  }

  /** Sends until the time is over; nothing is sent any more when it returns. */
  async #measure(
    signal: AbortSignal,
  ): Promise<Pick<BenchResult, 'seconds' | 'sentPerSecond' | 'receivedPerSecond' | 'cpu'>> {
    const { durationMs } = this.#plan
    using pace = this.#start()
    await pause(Math.min(warmUp.maxMs, durationMs * warmUp.share), signal, pace.done)
    this.#measuring = true
    const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()]
    const [sentBefore, receivedBefore] = [this.#sent, this.#received]
    await pause(durationMs, signal, pace.done)
    this.#measuring = false
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(cpuBefore)
    return {
      seconds,
      sentPerSecond: (this.#sent - sentBefore) / seconds,
      receivedPerSecond: (this.#received - receivedBefore) / seconds,
      cpu: (user + system) / 1_000_000 / seconds,
    }
  }

  /** Begins to send; `done` is aborted when enough was sent. */
  #start(): Disposable & { readonly done: AbortSignal } {
    const done = new AbortController()
    const { messages = Number.POSITIVE_INFINITY, rate } = this.#plan
    const startedAt = nowMicros()
    const left = (): boolean => {
      if (this.#sent < messages) return true
      done.abort()
      return false
    }
    const send = (lane: Lane, due: number): void => {
      this.#sent++
      lane.send(due)
    }
    const refill = (lane: Lane): void => {
      while (lane.hasRoom && left()) send(lane, nowMicros())
    }
    const byClock = (): void => {
      const micros = 1_000_000 / (rate ?? 1)
      for (let due = startedAt + this.#sent * micros; due <= nowMicros(); due = startedAt + this.#sent * micros) {
        const lane = this.#lanes[this.#sent % this.#lanes.length]
        if (!(lane?.hasRoom && left())) return
        send(lane, Math.round(due))
      }
    }
    const byRoom = (): void => this.#lanes.forEach(refill)
    if (rate === undefined) this.#refill = refill
    const timer = rate === undefined ? setInterval(byRoom, tickMs) : setInterval(byClock, 1)
    const watch = this.#watch()
    if (rate === undefined) byRoom()
    return {
      done: done.signal,
      [Symbol.dispose]: () => {
        this.#refill = undefined
        clearInterval(timer)
        clearInterval(watch)
      },
    }
  }

  #watch(): NodeJS.Timeout {
    let ticks = 0
    return setInterval(() => {
      this.#events.progress(this.#sent, this.#received)
      if (++ticks % giveUpTicks === 0 && this.#plan.qos === 0) for (const lane of this.#lanes) lane.giveUpLost()
    }, tickMs)
  }

  #arrived(micros: number, lane: Lane): void {
    this.#received++
    if (this.#measuring) this.#latency.record(Math.max(1, micros))
    this.#refill?.(lane)
  }

  #refuse(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1
  }

  /** Waits for what is under way, as long as something comes. */
  async #settle(signal: AbortSignal): Promise<void> {
    const endsAt = performance.now() + settleMs
    // A hub that took its time so far may take it now; and what it has stored is not lost because it comes late.
    const leastMs = this.#plan.qos === 1 ? 5 * quietMs : quietMs
    const usualMs = Math.max(leastMs, 3 * this.#checked().latencyMs.max)
    const patienceMs = signal.aborted ? quietMs / 5 : usualMs
    let [received, since] = [this.#received, performance.now()]
    while (performance.now() < endsAt && this.#checked().lost > 0) {
      await pause(10)
      if (this.#received > received) [received, since] = [this.#received, performance.now()]
      if (performance.now() - since > patienceMs) return
    }
  }

  #checked(): Pick<
    BenchResult,
    'sent' | 'received' | 'latencyMs' | 'lost' | 'repeated' | 'disordered' | 'refused' | 'disconnects'
  > {
    const totals = this.#lanes.map((lane) => ({ ...lane.totals, expected: lane.expected }))
    const sum = (pick: (lane: (typeof totals)[number]) => number): number =>
      totals.reduce((total, lane) => total + pick(lane), 0)
    const received = sum((lane) => lane.received)
    const at = (percentile: number): number =>
      this.#latency.count === 0 ? 0 : this.#latency.percentile(percentile) / 1000
    return {
      sent: this.#sent,
      received,
      latencyMs: {
        p50: at(50),
        p99: at(99),
        p999: at(99.9),
        max: this.#latency.count === 0 ? 0 : this.#latency.max / 1000,
      },
      lost: Math.max(0, sum(({ expected }) => expected) - received),
      repeated: sum(({ repeated }) => repeated),
      disordered: sum(({ disordered }) => disordered),
      refused: this.#refused,
      disconnects: this.#disconnects,
    }
  }
}
