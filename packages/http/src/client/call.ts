import type { Execution } from '@posthouse/core/policy'
import { failedAfterRedirection } from '../redirect/redirects.ts'
import { nothingWasSent, type RetryPlan } from '../retry/retry-policy.ts'
import type { Lifeline } from '../timing/lifeline.ts'
import type { Transport } from '../transport/transport.ts'
import type { OutgoingRequest } from './outgoing-request.ts'

/** How one request is carried out, where that can differ from its client. */
export interface CallPlan {
  readonly retry: RetryPlan
  readonly transport: Transport
  readonly streaming: boolean
  readonly throwOnError: boolean
  readonly errors: 'throw' | 'response'
}

/** A request on its way, through all of its attempts: what the policies of the client run. */
export class Call implements Execution {
  readonly request: OutgoingRequest
  readonly lifeline: Lifeline
  readonly plan: CallPlan
  readonly startedAt: number
  readonly attempt = 1
  readonly key: string
  attempts = 0

  constructor(request: OutgoingRequest, lifeline: Lifeline, plan: CallPlan & { startedAt: number }) {
    this.request = request
    this.lifeline = lifeline
    this.plan = plan
    this.startedAt = plan.startedAt
    this.key = request.url.origin
  }

  get signal(): AbortSignal {
    return this.lifeline.requestSignal
  }

  get deadline(): number {
    return this.lifeline.deadline
  }

  /** Whether another attempt can do no harm and can be made. */
  mayRepeat(error: unknown): boolean {
    const { method, headers, body } = this.request
    if (nothingWasSent(error) && !failedAfterRedirection(error)) return true
    return (body === undefined || body.replayable) && this.plan.retry.repeatable(method, headers)
  }
}
