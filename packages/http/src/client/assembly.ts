import type { Clock } from '@posthouse/core'
import { hedge, type Policy, type RetryBudget, stack } from '@posthouse/core/policy'
import { isHttpError } from '../errors/http-error.ts'
import { diagnostics } from '../interceptors/diagnostics.ts'
import { hooksOf } from '../interceptors/hooks.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import { logging } from '../interceptors/logging.ts'
import { metrics } from '../interceptors/metrics.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { limiter } from '../retry/rate-limit.ts'
import type { RetryOptions } from '../retry/retry-options.ts'
import { budgetOf, type RetryInput, type RetryPlan, retryOptionsOf, retryPlan } from '../retry/retry-policy.ts'
import { Watch } from '../timing/watch.ts'
import { Call } from './call.ts'
import type { HedgingOptions, HttpClientOptions } from './client-options.ts'
import type { Engine } from './engine.ts'
import { type HopChain, hopChain } from './hop-chain.ts'
import { type Network, networkOf } from './network.ts'
import { type Settings, settingsOf } from './settings.ts'

/** Everything that a client consists of, made from its options. */
export interface Assembly {
  readonly options: HttpClientOptions
  readonly settings: Settings
  readonly network: Network
  readonly watch: Watch
  readonly hops: HopChain
  readonly engine: Engine
  readonly interceptors: HttpInterceptor[]
  /** How requests are tried again that say nothing about it. */
  readonly retry: RetryPlan
  /** How a request is that says something. */
  retryFor(given: RetryInput): RetryPlan
}

/** @throws `invalid_option`, `invalid_request` */
export function assemble(options: HttpClientOptions, shared?: Network): Assembly {
  const settings = settingsOf(options)
  const network = shared ?? networkOf(options, settings)
  const interceptors = interceptorsOf(options, settings)
  const budget = budgetOf(settings.retry, settings.clock)
  const engine: Engine = {
    clock: settings.clock,
    traffic: network.traffic,
    hooks: hooksOf(interceptors),
    policy: policyOf(options, settings.clock, budget),
    maxBodyBytes: settings.maxBodyBytes,
    leaks: { count: 0 },
  }
  const plan = (retry: RetryOptions): RetryPlan => {
    const own = retry.budget !== settings.retry.budget
    return planOf(retry, own ? budgetOf(retry, settings.clock) : budget, engine)
  }
  return {
    options,
    settings,
    network,
    watch: new Watch(settings.clock),
    hops: hopChain(options, network.transport),
    engine,
    interceptors,
    retry: plan(settings.retry),
    retryFor: (given) => plan({ ...settings.retry, ...retryOptionsOf(given) }),
  }
}

function planOf(options: RetryOptions, budget: RetryBudget | undefined, engine: Engine): RetryPlan {
  return retryPlan(options, {
    clock: engine.clock,
    budget,
    onRetry: ({ outcome, delayMs, execution }) => {
      if (engine.hooks.retry.length === 0 || !(execution instanceof Call)) return
      const { request, attempts: attempt } = execution
      const error = 'error' in outcome && isHttpError(outcome.error) ? outcome.error : undefined
      const status = 'result' in outcome ? outcome.result.status : undefined
      for (const hook of engine.hooks.retry) hook({ request, attempt, status, error, delayMs })
    },
  })
}

/** The limiter stands inside: what a breaker refuses uses up nothing of the rate. */
function policyOf(
  options: HttpClientOptions,
  clock: Clock,
  budget: RetryBudget | undefined,
): AttemptPolicy | undefined {
  const all = [...(options.policies ?? [])]
  if (options.hedge !== undefined) all.unshift(hedging(options.hedge, clock, budget))
  if (options.rateLimit !== undefined) all.push(limiter(options.rateLimit, clock))
  return all.length === 0 ? undefined : stack(...all)
}

type AttemptPolicy = Policy<HttpResponse>

/** Only the first attempt: one that follows on a failure is another try already. */
function hedging({ delayMs, extra }: HedgingOptions, clock: Clock, budget: RetryBudget | undefined): AttemptPolicy {
  return hedge<HttpResponse>({
    delayMs,
    extra,
    allowed: (execution) => execution instanceof Call && execution.mayRepeat(undefined),
    discard: (response) => response.discard(),
    budget,
    clock,
  })
}

/** Those that are built in stand outside, unless the caller lists one of the same name. */
function interceptorsOf(options: HttpClientOptions, { logger }: Settings): HttpInterceptor[] {
  const { interceptors = [], logging: logs = true, metrics: measures = true } = options
  const listed = (name: string): boolean => interceptors.some((interceptor) => interceptor.name === name)
  const builtIn: HttpInterceptor[] = [diagnostics]
  if (measures !== false && !listed('metrics')) builtIn.push(metrics(measures === true ? {} : measures))
  if (logs !== false && !listed('logging'))
    builtIn.push(logging({ ...(logger && { logger }), ...(logs === true ? {} : logs) }))
  return [...builtIn, ...interceptors]
}
