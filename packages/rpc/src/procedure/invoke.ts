import { type Interceptor, intercept, PosthouseError } from '@posthouse/core'
import { InputError } from '../call/answer.ts'
import type { CallContext } from './context.ts'
import type { Entry } from './registry.ts'
import { type Check, faultsText } from './schema.ts'

/** What interceptors see and may change: the input as it was sent, before its schema. */
export interface Invocation {
  readonly procedure: string
  readonly input: unknown
  readonly context: CallContext
}

/** Wraps every procedure; what it resolves with is a value, or an async iterable of items. */
export type CallInterceptor = Interceptor<Invocation, unknown>

/** Runs a procedure: interceptors, its input's schema, its handler, its output's schema. */
export type Invoke = (entry: Entry, input: unknown, context: CallContext) => Promise<unknown>

/** The first interceptor is the outermost. */
export function invoker(interceptors: readonly CallInterceptor[]): Invoke {
  if (interceptors.length === 0) return carryOut
  return (entry, input, context) => {
    const handler = intercept(interceptors, (invocation) => carryOut(entry, invocation.input, invocation.context))
    return handler({ procedure: entry.name, input, context })
  }
}

async function carryOut(entry: Entry, data: unknown, context: CallContext): Promise<unknown> {
  const input = entry.input === undefined ? data : await checkedInput(entry.input, entry.name, data)
  // The schema has just made the input into what the handler takes.
  const returned: unknown = entry.procedure.handler(input as never, context)
  const result = isThenable(returned) ? await returned : returned
  const { output } = entry
  if (output === undefined) return result
  return isItems(result) ? checkedItems(result, output, entry.name) : checkedOutput(output, entry.name, result)
}

/** Also what a database library makes of a query that runs when it is waited for. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** True where an answer comes in items. */
export function isItems(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

async function checkedInput(check: Check, name: string, data: unknown): Promise<unknown> {
  const checked = await check(data)
  if ('value' in checked) return checked.value
  throw new InputError(`the input does not fit what ${name} takes: ${faultsText(checked.faults)}`, checked.faults)
}

async function checkedOutput(check: Check, name: string, value: unknown): Promise<unknown> {
  const checked = await check(value)
  if ('value' in checked) return checked.value
  throw new PosthouseError('handler_failed', `${name} answers what it does not promise: ${faultsText(checked.faults)}`)
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
