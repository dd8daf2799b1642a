import { checkOptions, objectWith, type Rules } from '@posthouse/core/options'
import type { HttpRequest } from '../request/http-request.ts'
import { type Attributes, outcomeAttributes, requestAttributes } from './attributes.ts'
import type { FinishedRequest, HttpInterceptor } from './http-interceptor.ts'

/** As much of a span of `@opentelemetry/api` as is used. */
export interface SpanLike {
  setAttributes(attributes: Attributes): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  addEvent(name: string, attributes?: Attributes): unknown
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  end(): void
}

/** As much of a tracer of `@opentelemetry/api` as is used. */
export interface TracerLike {
  startSpan(name: string, options: { readonly kind: number; readonly attributes: Attributes }): SpanLike
}

/** As much of a meter of `@opentelemetry/api` as is used. */
export interface MeterLike {
  createHistogram(
    name: string,
    options: { readonly unit: string; readonly description: string },
  ): { record(value: number, attributes: Attributes): void }
}

/** Where spans and measurements go. */
export interface OpenTelemetryOptions {
  readonly tracer?: TracerLike | undefined
  readonly meter?: MeterLike | undefined
}

const rules: Rules<OpenTelemetryOptions> = { tracer: objectWith('startSpan'), meter: objectWith('createHistogram') }

/** `SpanKind.CLIENT` and `SpanStatusCode.ERROR`. */
const [clientKind, failedStatus] = [2, 2]

/**
 * Makes a span of each request, hands its context on as `traceparent`, and records `http.client.request.duration` in seconds.
 * The tracer and the meter are those of `@opentelemetry/api`, which is not needed otherwise.
 */
export function openTelemetry(options: OpenTelemetryOptions): HttpInterceptor {
  checkOptions('openTelemetry', options, rules)
  const { tracer, meter } = options
  const spans = new WeakMap<HttpRequest, SpanLike>()
  const duration = meter?.createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of HTTP client requests.',
  })
  return {
    ...(tracer && {
      onStart: (request) => {
        const attributes = requestAttributes(request)
        const span = tracer.startSpan(`${attributes['http.request.method']}`, { kind: clientKind, attributes })
        spans.set(request, span)
        if (!request.headers.has('traceparent')) request.headers.set('traceparent', traceParent(span))
      },
      onRetry: ({ request, attempt, status, error }) => {
        const why = error?.code ?? String(status)
        spans.get(request)?.addEvent('retry', { 'http.request.resend_count': attempt, 'error.type': why })
      },
    }),
    onDone: (finished) => {
      end(spans.get(finished.request), finished)
      duration?.record(finished.durationMs / 1000, measured(finished))
    },
  }
}

/** W3C Trace Context, section 3.2. */
function traceParent(span: SpanLike): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

function end(span: SpanLike | undefined, finished: FinishedRequest): void {
  if (span === undefined) return
  const attributes = outcomeAttributes(finished)
  span.setAttributes(attributes)
  if (attributes['error.type'] !== undefined) span.setStatus({ code: failedStatus })
  span.end()
}

/** Of a measurement only what has few values: no URL, and no number of attempts. */
function measured(finished: FinishedRequest): Attributes {
  const { 'url.full': _full, 'url.template': _template, ...where } = requestAttributes(finished.request)
  const { 'http.request.resend_count': _resends, ...what } = outcomeAttributes(finished)
  return { ...where, ...what }
}
