import { type Clock, systemClock } from '../clock.ts'
import { isPosthouseError, PosthouseError } from '../errors.ts'
import { checkOptions } from '../options/check-options.ts'
import { aboveZero, aClock, aFunction, finiteAboveZero, type Rules, wholeFrom } from '../options/rules.ts'
import type { Backoff } from './backoff.ts'
import { Circuit, type CircuitState, type Verdict } from './circuit.ts'
import { type KeyOf, keyOfExecution } from './key-of.ts'
import { type Outcome, outcomeOf, resultOf } from './outcome.ts'
import { PerKey } from './per-key.ts'
import type { AnyPolicy, Execution, Policy, Task } from './policy.ts'
import { Scope } from './scope.ts'

/** A circuit that has changed. */
export interface CircuitNotice {
  readonly key: string
}

/** A circuit that has opened. */
export interface OpenNotice extends CircuitNotice {
  /** How long it lets nothing through, in milliseconds. */
  readonly openMs: number
}

/** Settings of `circuitBreaker`. Without `consecutive` and `failureRate` half of all runs have to fail. */
export interface CircuitBreakerOptions<Result = unknown> {
  /** Failures in a row that open the circuit. Default: however many. */
  readonly consecutive?: number | undefined
  /** The share of failures within the window that opens the circuit. Default 0.5, or none where `consecutive` is given. */
  readonly failureRate?: number | undefined
  /** How long runs count for the share, in milliseconds. Default 30,000. */
  readonly windowMs?: number | undefined
  /** How many runs there must be within the window before their share says anything. Default 10. */
  readonly minimumRuns?: number | undefined
  /** How long the circuit stays open, in milliseconds, or as a backoff by how often in a row it opened. Default 5,000. */
  readonly openMs?: number | Backoff | undefined
  /** How many runs are then let through at once; all of them must succeed. Default 1. */
  readonly probes?: number | undefined
  /** Which errors are failures. Default: all but `aborted`. What the caller gave up is never one. */
  readonly byError?: ((error: unknown, execution: Execution) => boolean) | undefined
  /** Which results are failures. Default: none. */
  readonly byResult?: ((result: Result, execution: Execution) => boolean) | undefined
  /** What counts as one. Default: the key of the execution. */
  readonly keyOf?: KeyOf | undefined
  /** Keys that are remembered; of those whose circuits are closed the one used longest ago is forgotten first. Default 1,000. */
  readonly maxKeys?: number | undefined
  readonly onOpen?: ((notice: OpenNotice) => void) | undefined
  readonly onHalfOpen?: ((notice: CircuitNotice) => void) | undefined
  readonly onClose?: ((notice: CircuitNotice) => void) | undefined
  /** Told of each task that is not let through. */
  readonly onRefuse?: ((notice: CircuitNotice) => void) | undefined
  readonly clock?: Clock | undefined
}

/** What a breaker tells besides running tasks. */
export interface CircuitStates {
  /** The state of a key's circuit. */
  state(key?: string): CircuitState
}

const rules: Rules<CircuitBreakerOptions> = {
  consecutive: wholeFrom(1),
  failureRate: {
    words: 'a number above 0 and up to 1',
    holds: (value) => aboveZero.holds(value) && Number(value) <= 1,
  },
  windowMs: finiteAboveZero,
  minimumRuns: wholeFrom(1),
  openMs: {
    words: 'a number above 0 or a function',
    holds: (value) => aboveZero.holds(value) || aFunction.holds(value),
  },
  probes: wholeFrom(1),
  byError: aFunction,
  byResult: aFunction,
  keyOf: aFunction,
  maxKeys: wholeFrom(1),
  onOpen: aFunction,
  onHalfOpen: aFunction,
  onClose: aFunction,
  onRefuse: aFunction,
  clock: aClock,
}

const never = Number.POSITIVE_INFINITY

/**
 * Leaves alone for a while what fails too often: then its tasks reject at once, until a few that are let through succeed.
 * @throws PosthouseError `invalid_option`; its tasks reject with `circuit_open`
 * @example
 * const breaker = circuitBreaker({ consecutive: 5, openMs: 10_000, onOpen: ({ key }) => alarm(key) })
 */
export function circuitBreaker(options?: CircuitBreakerOptions): AnyPolicy & CircuitStates
export function circuitBreaker<Result>(options: CircuitBreakerOptions<Result>): Policy<Result> & CircuitStates
export function circuitBreaker<Result>(options: CircuitBreakerOptions<Result> = {}): Policy<Result> & CircuitStates {
  checkOptions<CircuitBreakerOptions<Result>>('circuitBreaker', options, rules)
  if (options.consecutive && !options.failureRate && (options.windowMs ?? options.minimumRuns)) {
    throw new PosthouseError('invalid_option', 'circuitBreaker: windowMs and minimumRuns need failureRate')
  }
  const { keyOf = keyOfExecution, maxKeys = 1000, onRefuse, clock = systemClock } = options
  const circuits = new PerKey({ create: (key) => circuitOf(key, options), isIdle: () => true, maxKeys })
  const policy: Policy<Result> = async (task, execution) => {
    const key = keyOf(execution)
    const circuit = circuits.of(key)
    const pass = circuit.enter(clock.elapsed())
    if (pass === undefined) {
      onRefuse?.({ key })
      throw refusal(key, circuit.remainingMs(clock.elapsed()))
    }
    const outcome = await outcomeOf(pass.isProbe ? endingWithCaller(task) : task, execution)
    let verdict: Verdict = 'none'
    try {
      verdict = verdictOn(outcome, execution, options)
    } finally {
      // Also where whoever judges throws: a probe that never left would keep the circuit from being tried again.
      circuit.leave(pass, verdict, clock.elapsed())
    }
    return resultOf(outcome)
  }
  return Object.assign(policy, { state: (key = '') => circuits.peek(key)?.stateAt(clock.elapsed()) ?? 'closed' })
}

function circuitOf<Result>(key: string, options: CircuitBreakerOptions<Result>): Circuit {
  const { consecutive = never, failureRate = options.consecutive ? never : 0.5, openMs = 5000 } = options
  const { windowMs = 30_000, minimumRuns = 10, probes = 1, onOpen, onHalfOpen, onClose } = options
  return new Circuit({
    consecutive,
    failureRate,
    windowMs,
    minimumRuns,
    openMs: typeof openMs === 'number' ? () => openMs : openMs,
    probes,
    onOpen: (ms) => onOpen?.({ key, openMs: ms }),
    onHalfOpen: () => onHalfOpen?.({ key }),
    onClose: () => onClose?.({ key }),
  })
}

/** A probe that does not listen when its caller gives up would keep the circuit from ever being tried again. */
function endingWithCaller<Result>(task: Task<Result>): Task<Result> {
  return (execution) => new Scope(execution, execution).race(task)
}

function verdictOn<Result>(
  outcome: Outcome<Result>,
  execution: Execution,
  options: CircuitBreakerOptions<Result>,
): Verdict {
  const { byError = isFailure, byResult } = options
  if ('result' in outcome) return byResult?.(outcome.result, execution) ? 'failure' : 'success'
  if (execution.signal.aborted) return 'none'
  return byError(outcome.error, execution) ? 'failure' : 'none'
}

function isFailure(error: unknown): boolean {
  return !isPosthouseError(error) || error.code !== 'aborted'
}

function refusal(key: string, remainingMs: number): PosthouseError {
  const what = key === '' ? 'this' : key
  const until = remainingMs > 0 ? `it is tried again in ${Math.ceil(remainingMs)} ms` : 'it is being tried again now'
  return new PosthouseError('circuit_open', `${what} has failed too often; ${until}`)
}
