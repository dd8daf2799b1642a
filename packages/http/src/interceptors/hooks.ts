import type { HttpError } from '../errors/http-error.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { HttpResponse } from '../response/http-response.ts'
import type { HttpInterceptor } from './http-interceptor.ts'

type Hook<Name extends keyof HttpInterceptor> = NonNullable<HttpInterceptor[Name]>

/** The hooks of one scope, sorted out beforehand, so that requests pay only for those that there are. */
export interface ScopedHooks {
  readonly before: readonly Hook<'beforeRequest'>[]
  readonly after: readonly Hook<'afterResponse'>[]
  readonly failed: readonly Hook<'onError'>[]
}

/** All hooks of a client. */
export interface Hooks {
  readonly request: ScopedHooks
  readonly attempt: ScopedHooks
  readonly start: readonly Hook<'onStart'>[]
  readonly retry: readonly Hook<'onRetry'>[]
  readonly done: readonly Hook<'onDone'>[]
}

export function hooksOf(interceptors: readonly HttpInterceptor[]): Hooks {
  return {
    request: scoped(interceptors.filter(({ scope }) => scope !== 'attempt')),
    attempt: scoped(interceptors.filter(({ scope }) => scope === 'attempt')),
    start: present(interceptors, 'onStart'),
    retry: present(interceptors, 'onRetry'),
    done: present(interceptors, 'onDone'),
  }
}

function scoped(interceptors: readonly HttpInterceptor[]): ScopedHooks {
  return {
    before: present(interceptors, 'beforeRequest'),
    after: present(interceptors, 'afterResponse').reverse(),
    failed: present(interceptors, 'onError').reverse(),
  }
}

function present<Name extends keyof HttpInterceptor>(
  interceptors: readonly HttpInterceptor[],
  name: Name,
): Hook<Name>[] {
  const hooks: Hook<Name>[] = []
  for (const interceptor of interceptors) {
    const hook = interceptor[name]
    // A method of an object that has a state of its own.
    if (typeof hook === 'function') hooks.push(hook.bind(interceptor) as Hook<Name>)
  }
  return hooks
}

/** The request that goes out. */
export async function askBefore(hooks: ScopedHooks, request: HttpRequest): Promise<HttpRequest> {
  let current = request
  for (const before of hooks.before) current = (await before(current)) ?? current
  return current
}

/** The response that the caller gets. */
export async function askAfter(
  hooks: ScopedHooks,
  response: HttpResponse,
  request: HttpRequest,
): Promise<HttpResponse> {
  let current = response
  for (const after of hooks.after) current = (await after(current, request)) ?? current
  return current
}

/** The error that the caller gets. */
export async function askFailed(hooks: ScopedHooks, error: HttpError, request: HttpRequest): Promise<HttpError> {
  let current = error
  for (const failed of hooks.failed) current = (await failed(current, request)) ?? current
  return current
}
