import type { HubClient, Message } from '@posthouse/client'
import { isPosthouseError } from '@posthouse/core'
import type { BenchPlan } from './plan.ts'
import { SequenceCheck } from './sequence-check.ts'

/** What a lane tells whoever measures. */
export interface LaneEvents {
  /** A message has arrived at a receiver, so many microseconds after it was due. */
  arrived(micros: number): void
  /** The hub, or the socket, has a message: there may be room for another one. */
  settled(): void
  /** A message could not be sent. */
  refused(code: string): void
}

/** Who takes part in a lane, in what, and who is told. */
export interface LaneOptions {
  readonly sender: HubClient
  readonly receivers: readonly HubClient[]
  readonly plan: BenchPlan
  readonly events: LaneEvents
}

/** One sender and its receivers, all of them in this process, so that one clock times the way. */
export class Lane {
  readonly #sender: HubClient
  readonly #to: string
  readonly #plan: BenchPlan
  readonly #events: LaneEvents
  readonly #checks: readonly SequenceCheck[]
  readonly #padding: string
  #sent = 0
  #refused = 0
  /** Messages that are not confirmed, or, when they are live, not written. */
  #unsettled = 0
  /** Arrivals, and what was given up. */
  #back = 0
  #backBefore = 0

  constructor({ sender, receivers, plan, events }: LaneOptions) {
    this.#sender = sender
    this.#to = plan.fanout === undefined ? `client:${receivers[0]?.clientId}` : 'all'
    this.#plan = plan
    this.#events = events
    this.#padding = '.'.repeat(plan.size)
    this.#checks = receivers.map((receiver) => {
      const check = new SequenceCheck()
      receiver.on({ type: 'text', from: sender.clientId }, (message) => this.#arrived(check, message))
      return check
    })
  }

  get sent(): number {
    return this.#sent
  }

  /** What should have arrived, repetitions left out. */
  get expected(): number {
    return (this.#sent - this.#refused) * this.#checks.length
  }

  get totals(): { readonly received: number; readonly repeated: number; readonly disordered: number } {
    const sum = (pick: (check: SequenceCheck) => number): number =>
      this.#checks.reduce((total, check) => total + pick(check), 0)
    return {
      received: sum(({ received }) => received),
      repeated: sum(({ repeated }) => repeated),
      disordered: sum(({ disordered }) => disordered),
    }
  }

  /** True while another message may be under way. */
  get hasRoom(): boolean {
    const { window } = this.#plan
    return this.#unsettled < window && this.#sent * this.#checks.length - this.#back < window * this.#checks.length
  }

  /** Live messages may get lost; what has not come within the time between two calls is waited for no longer. */
  giveUpLost(): void {
    if (this.#back === this.#backBefore && !this.hasRoom) this.#back = this.#sent * this.#checks.length
    this.#backBefore = this.#back
  }

  /** Sends one message that was due at `dueMicros`. */
  send(dueMicros: number): void {
    const head = `${this.#sent++}|${dueMicros}|`
    const body = head + this.#padding.slice(head.length)
    this.#unsettled++
    this.#sender.send(this.#to, body, { type: 'text', qos: this.#plan.qos }).then(
      () => {
        this.#unsettled--
        this.#events.settled()
      },
      (error: unknown) => this.#failed(error),
    )
  }

  #failed(error: unknown): void {
    this.#unsettled--
    this.#refused++
    this.#back += this.#checks.length
    this.#events.refused(isPosthouseError(error) ? error.code : 'internal')
  }

  #arrived(check: SequenceCheck, { body }: Message): void {
    const [seq, due] = String(body).split('|', 2)
    this.#back++
    check.arrived(Number(seq))
    this.#events.arrived(nowMicros() - Number(due))
  }
}

/** The steady clock, in whole microseconds. */
export function nowMicros(): number {
  return Math.round(performance.now() * 1000)
}
