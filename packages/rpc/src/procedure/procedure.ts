import { PosthouseError, type ProcedureTypes } from '@posthouse/core'
import type { CallContext } from './context.ts'
import { type Check, checkOf, type InputOf, type OutputOf, type Schema } from './schema.ts'

/** How often a caller may do something. */
export interface Rate {
  /** Calls per second in the long run. */
  readonly perSecond: number
  /** The largest burst, in calls. Default: one second's worth, at least 1. */
  readonly burst?: number | undefined
}

/** Settings of a procedure. Each has a default. */
export interface ProcedureOptions<In extends Schema | undefined, Out extends Schema | undefined> {
  /** What it takes. Default: anything. */
  readonly input?: In
  /** What it returns, or, where it streams, each item. A value that does not match fails the call. Default: any JSON. */
  readonly output?: Out
  /** How long it may take, in milliseconds; callers can ask for less. Default 30,000; `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined
  /** How many of its handlers may run at the same time. Default: as many as the server admits. */
  readonly concurrency?: number | undefined
  /** How many calls may wait for a free handler; more are refused at once. Default 100. */
  readonly queue?: number | undefined
  /** True where running it twice does no harm: it is run again after a crash, and never ends with `unknown_outcome`. Default false. */
  readonly idempotent?: boolean | undefined
  /** The permission that a caller needs. Default: the procedure's own name. */
  readonly permission?: string | undefined
  /** How often each caller may call it. Default: no limit besides those of the server. */
  readonly rate?: Rate | undefined
  /** One sentence for the documentation. */
  readonly description?: string | undefined
}

/** Answers a call: with a value, a promise of one, or an async iterable, whose values are the items of a stream. */
export type ProcedureHandler<Input = unknown, Returned = unknown> = (input: Input, context: CallContext) => Returned

/** A named thing that can be called, without its name. Made by `procedure`. */
export interface Procedure<Input = unknown, Output = unknown, Item = unknown>
  extends ProcedureTypes<Input, Output, Item> {
  readonly options: ProcedureOptions<Schema | undefined, Schema | undefined>
  readonly handler: ProcedureHandler<never>
  /** True where the handler is an async generator: its answer comes in items. */
  readonly streaming: boolean
}

/** What a handler returns when all promises are kept. */
type Result<Returned> = Awaited<Returned>
type ItemOf<Returned, Out> =
  Result<Returned> extends AsyncIterable<infer Item> ? (Out extends Schema ? OutputOf<Out> : Item) : never
type ValueOf<Returned, Out> =
  Result<Returned> extends AsyncGenerator<unknown, infer Value>
    ? Value
    : Result<Returned> extends AsyncIterable<unknown>
      ? undefined
      : Out extends Schema
        ? OutputOf<Out>
        : Result<Returned>

/** How long a call may take whose procedure does not say, in milliseconds. */
export const usualTimeoutMs = 30_000

const names = [
  'input',
  'output',
  'timeoutMs',
  'concurrency',
  'queue',
  'idempotent',
  'permission',
  'rate',
  'description',
]

/**
 * A procedure: what it takes, what it gives, and how much of it there may be.
 * @throws PosthouseError `invalid_option`
 * @example
 * procedure({ input: z.object({ userId: z.number() }), idempotent: true }, ({ userId }) => users.get(userId))
 */
export function procedure<
  In extends Schema | undefined = undefined,
  Out extends Schema | undefined = undefined,
  Returned = unknown,
>(
  options: ProcedureOptions<In, Out>,
  handler: ProcedureHandler<OutputOf<In>, Returned>,
): Procedure<InputOf<In>, ValueOf<Returned, Out>, ItemOf<Returned, Out>> {
  assertOptions(options)
  if (typeof handler !== 'function') throw invalid('the handler', 'a function', handler)
  return { options, handler, streaming: handler.constructor.name === 'AsyncGeneratorFunction' }
}

/** True for what `procedure` made. */
export function isProcedure(value: unknown): value is Procedure {
  if (typeof value !== 'object' || value === null || !('handler' in value) || !('options' in value)) return false
  return typeof value.handler === 'function' && typeof value.options === 'object'
}

/** The checks of a procedure, read once. */
export interface Checks {
  readonly input?: Check | undefined
  readonly output?: Check | undefined
}

/** @throws PosthouseError `invalid_option` */
export function checksOf({ options: { input, output } }: Procedure): Checks {
  return { input: input && checkOf(input), output: output && checkOf(output) }
}

function assertOptions(options: ProcedureOptions<Schema | undefined, Schema | undefined>): void {
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new PosthouseError('invalid_option', `procedure has no option ${name}, only ${names.join(', ')}`)
    }
  }
  const { input, output, timeoutMs = 1, concurrency = 1, queue = 0, rate } = options
  for (const schema of [input, output]) {
    if (schema !== undefined && (typeof schema !== 'object' || schema === null) && typeof schema !== 'function')
      throw invalid('input and output', 'schemas', schema)
  }
  if (!(timeoutMs > 0)) throw invalid('timeoutMs', 'a number above 0', timeoutMs)
  if (!isWhole(concurrency, 1)) throw invalid('concurrency', 'a whole number from 1', concurrency)
  if (!isWhole(queue, 0)) throw invalid('queue', 'a whole number from 0', queue)
  if (rate !== undefined) assertRate(rate)
}

/** @throws PosthouseError `invalid_option` */
export function assertRate({ perSecond, burst = 1 }: Rate): void {
  if (!(perSecond > 0)) throw invalid('rate.perSecond', 'a number above 0', perSecond)
  if (!(burst >= 1)) throw invalid('rate.burst', 'a number from 1', burst)
}

function isWhole(value: number, least: number): boolean {
  return value >= least && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)
}

function invalid(name: string, wanted: string, value: unknown): PosthouseError {
  return new PosthouseError('invalid_option', `procedure: ${name} must be ${wanted}, not ${String(value)}`)
}
