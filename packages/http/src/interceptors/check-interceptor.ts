import { refusal } from '@posthouse/core/options'
import type { HttpInterceptor } from './http-interceptor.ts'

const hooks: Readonly<Record<Exclude<keyof HttpInterceptor, 'name' | 'scope'>, true>> = {
  beforeRequest: true,
  afterResponse: true,
  onError: true,
  onStart: true,
  onRetry: true,
  onDone: true,
}
const hookNames = Object.keys(hooks)

/** What is named like a hook is meant to be one; an interceptor may have any other state and methods. */
const likeAHook = /^(on|before|after)(_|[A-Z]|$)/

/**
 * Refuses an interceptor that would never be asked: without a hook, or with one that there is not.
 * @throws `invalid_option`
 */
export function checkInterceptor(interceptor: HttpInterceptor): void {
  if (typeof interceptor !== 'object' || interceptor === null) {
    throw refusal('an interceptor', `an object with ${hookNames.join(', ')}`, interceptor)
  }
  const names = namesIn(interceptor)
  const stranger = names.find((name) => likeAHook.test(name) && !Object.hasOwn(hooks, name))
  if (stranger !== undefined) throw refusal('a hook of an interceptor', `one of ${hookNames.join(', ')}`, stranger)
  for (const name of hookNames) {
    const hook: unknown = Reflect.get(interceptor, name)
    if (hook !== undefined && typeof hook !== 'function') throw refusal(`interceptors: ${name}`, 'a function', hook)
  }
  const { name, scope } = interceptor
  if (name !== undefined && typeof name !== 'string') throw refusal('interceptors: name', 'a text', name)
  if (scope !== undefined && scope !== 'request' && scope !== 'attempt') {
    throw refusal('interceptors: scope', 'request or attempt', scope)
  }
  // `logging` and `metrics` take the place of those that are built in, also where they do nothing.
  if (name === undefined && !hookNames.some((hook) => hook in interceptor)) {
    throw refusal('an interceptor', `an object with at least one of ${hookNames.join(', ')}`, interceptor)
  }
}

/** Also of the class that it is of. */
function namesIn(interceptor: object): string[] {
  const names: string[] = []
  for (let at = interceptor; at !== Object.prototype && at !== null; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at))
  }
  return names
}
