import { AsyncLocalStorage } from 'node:async_hooks'
import { createId } from '@posthouse/core'

/** What is known of the incoming request that a program is answering, to everything that it does for it. */
export interface RequestContext {
  readonly requestId: string
}

/** Servers and loggers, also those of other packages, share one storage under this key. */
const key = Symbol.for('posthouse.requestContext')

/** Follows an incoming request through everything that is awaited. A server runs its handlers in it. */
export const requestContext: AsyncLocalStorage<RequestContext> = shared()

/** The id of the incoming request that is being answered, or a new one. */
export function nextRequestId(): string {
  return requestContext.getStore()?.requestId ?? createId()
}

function shared(): AsyncLocalStorage<RequestContext> {
  // A global of unknown type; only this key is ever touched, and only with this value.
  const global = globalThis as { [key]?: AsyncLocalStorage<RequestContext> }
  global[key] ??= new AsyncLocalStorage<RequestContext>()
  return global[key]
}
