import { channel } from 'node:diagnostics_channel'
import { outcomeAttributes, requestAttributes } from './attributes.ts'
import type { HttpInterceptor } from './http-interceptor.ts'

const started = channel('posthouse.http.request.start')
const retried = channel('posthouse.http.request.retry')
const ended = channel('posthouse.http.request.end')

/**
 * Publishes each request on `node:diagnostics_channel`, for tools that watch a program from outside: `posthouse.http.request`
 * with `.start`, `.retry` and `.end`. Costs nothing while nobody listens.
 */
export const diagnostics: HttpInterceptor = {
  onStart: (request) => {
    if (!started.hasSubscribers) return
    started.publish({ id: request.id, attributes: requestAttributes(request) })
  },
  onRetry: ({ request, attempt, status, error, delayMs }) => {
    if (!retried.hasSubscribers) return
    retried.publish({ id: request.id, attempt, status, error: error?.code, delayMs })
  },
  onDone: (finished) => {
    if (!ended.hasSubscribers) return
    const { request, durationMs } = finished
    const attributes = { ...requestAttributes(request), ...outcomeAttributes(finished) }
    ended.publish({ id: request.id, attributes, durationMs })
  },
}
