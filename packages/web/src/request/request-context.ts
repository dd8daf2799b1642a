import { AsyncLocalStorage } from 'node:async_hooks'

/** What is known, anywhere below a handler, of the request that is being answered. */
export interface RequestContext {
  readonly requestId: string
  /** Aborted when the client has gone or the time is over; outgoing requests can follow it. */
  readonly signal?: AbortSignal
}

const key = Symbol.for('posthouse.requestContext')

/**
 * Follows each request through everything that is awaited. Other packages, and other copies of this one, find the same
 * storage under `globalThis[Symbol.for('posthouse.requestContext')]`.
 */
export const requestContext: AsyncLocalStorage<RequestContext> = shared()

/** The id of the request that is being answered; nothing outside of one. */
export function currentRequestId(): string | undefined {
  return requestContext.getStore()?.requestId
}

function shared(): AsyncLocalStorage<RequestContext> {
  // A global of unknown type; only this key is ever touched, and only with this value.
  const global = globalThis as { [key]?: AsyncLocalStorage<RequestContext> }
  global[key] ??= new AsyncLocalStorage<RequestContext>()
  return global[key]
}
