import { type Interceptor, intercept, PosthouseError } from '@posthouse/core'
import { InputError } from '../call/answer.ts'
import type { CallContext } from './context.ts'
import type { Entry } from './registry.ts'
import { type Check, type Checked, faultsText } from './schema.ts'

/** What interceptors see and may change: the input as it was sent, before its schema. */
export interface Invocation {
  readonly procedure: string
  readonly input: unknown
  readonly context: CallContext
}

/** Wraps every procedure; what it resolves with is a value, or an async iterable of items. */
export type CallInterceptor = Interceptor<Invocation, unknown>

/**
 * Runs a procedure: interceptors, its input's schema, its handler, its output's schema. Gives a promise only where something is to
 * be waited for: each turn of waiting costs as much as a small handler.
 */
export type Invoke = (entry: Entry, input: unknown, context: CallContext) => unknown

/** The first interceptor is the outermost. */
export function invoker(interceptors: readonly CallInterceptor[]): Invoke {
  if (interceptors.length === 0) return carryOut
  return (entry, input, context) => {
    const handler = intercept(interceptors, async ({ input: changed, context: own }) => carryOut(entry, changed, own))
    return handler({ procedure: entry.name, input, context })
  }
}

function carryOut(entry: Entry, data: unknown, context: CallContext): unknown {
  if (entry.input === undefined) return handle(entry, data, context)
  return goOn(entry.input(data), (checked) => handle(entry, inputOf(checked, entry.name), context))
}

function handle(entry: Entry, input: unknown, context: CallContext): unknown {
  // The schema has just made the input into what the handler takes.
  const returned: unknown = entry.procedure.handler(input as never, context)
  const { output } = entry
  if (output === undefined) return returned
  return goOn(returned, (result) =>
    isItems(result) ? checkedItems(result, output, entry.name) : checkedOutput(output, entry.name, result),
  )
}

/** Goes on at once with what need not be waited for. */
export function goOn<Value, Next>(value: Value, next: (value: Awaited<Value>) => Next): Next | Promise<Awaited<Next>> {
  // What is no promise is its own awaited value.
  return isThenable(value) ? Promise.resolve(value).then(next as never) : next(value as Awaited<Value>)
}

/** Also what a database library makes of a query that runs when it is waited for. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** True where an answer comes in items. */
export function isItems(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** @throws InputError */
function inputOf(checked: Checked, name: string): unknown {
  if ('value' in checked) return checked.value
  throw new InputError(`the input does not fit what ${name} takes: ${faultsText(checked.faults)}`, checked.faults)
}

function checkedOutput(check: Check, name: string, value: unknown): unknown {
  return goOn(check(value), (checked) => {
    if ('value' in checked) return checked.value
    const faults = faultsText(checked.faults)
    throw new PosthouseError('handler_failed', `${name} answers what it does not promise: ${faults}`)
  })
}

async function* checkedItems(items: AsyncIterable<unknown>, check: Check, name: string): AsyncGenerator<unknown> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await iterator.next()
      if (next.done) return next.value
      yield await checkedOutput(check, name, next.value)
    }
  } finally {
    await iterator.return?.()
  }
}
