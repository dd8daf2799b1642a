import { type Clock, reasonOf } from '@posthouse/core'
import type { Execution, Policy } from '@posthouse/core/policy'
import { type HttpError, toHttpError } from '../errors/http-error.ts'
import { askAfter, askBefore, askFailed, type Hooks } from '../interceptors/hooks.ts'
import { HttpResponse } from '../response/http-response.ts'
import type { IncomingBody } from '../response/incoming-body.ts'
import { Hop } from '../transport/hop.ts'
import type { HopResponse } from '../transport/transport.ts'
import type { Call } from './call.ts'
import { responseOf as answerOf, isInVain, madeUpResponse, refuse } from './made-up-response.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import type { Traffic } from './traffic.ts'

/** What carries out the requests of a client. */
export interface Engine {
  readonly clock: Clock
  readonly traffic: Traffic
  /** Changes as interceptors come and go. */
  hooks: Hooks
  /** Around each attempt. */
  readonly policy: Policy<HttpResponse> | undefined
  readonly maxBodyBytes: number
  /** Streams that nobody read, and that were closed when nobody could any more. */
  readonly leaks: { count: number }
}

/** Carries out a request with all of its attempts. */
export async function perform(engine: Engine, call: Call): Promise<HttpResponse> {
  const { hooks, traffic } = engine
  traffic.enter()
  try {
    traffic.admit()
    for (const start of hooks.start) start(call.request)
    if (hooks.request.before.length > 0) call.request.adopt(await askBefore(hooks.request, call.request))
    let response = await call.plan.retry.policy((execution) => attempt(engine, call, execution), call)
    if (hooks.request.after.length > 0) response = await askAfter(hooks.request, response, call.request)
    if (isRefused(call, response)) refuse(call, response)
    return end(engine, call, response)
  } catch (thrown) {
    return fail(engine, call, thrown)
  }
}

function isRefused(call: Call, response: HttpResponse): boolean {
  if (call.plan.errors === 'response') return isInVain(call, response)
  return call.plan.throwOnError && response.status >= 400
}

/** The request is over, but for a stream, which is when its body is. */
function end(engine: Engine, call: Call, response: HttpResponse): HttpResponse {
  const { incoming, status } = response
  if (incoming === undefined || incoming.settled) done(engine, call, status, undefined)
  else {
    call.lifeline.stream()
    // The policies that an attempt ran under do not listen to the caller any more.
    call.lifeline.onAbort((reason) => incoming.stop(reason))
    watch(response, incoming, engine)
    // It must not hold the response, or nobody would notice when that is forgotten.
    incoming.onSettled((error) => {
      done(engine, call, status, error === undefined ? undefined : toHttpError(error, call.request))
    })
  }
  return response
}

async function fail(engine: Engine, call: Call, thrown: unknown): Promise<HttpResponse> {
  const { request, plan } = call
  let error = toHttpError(thrown, request)
  const status = answerOf(error)?.status
  if (engine.hooks.request.failed.length > 0) error = await failedBy(engine, call, error)
  done(engine, call, status, error)
  if (plan.errors !== 'response') throw error
  const elapsedMs = engine.clock.elapsed() - call.startedAt
  return madeUpResponse(error, { request, attempts: call.attempts, elapsedMs })
}

/** An `onError` that throws gives its own error. */
async function failedBy({ hooks }: Engine, { request }: Call, error: HttpError): Promise<HttpError> {
  try {
    return await askFailed(hooks.request, error, request)
  } catch (thrown) {
    return toHttpError(thrown, request)
  }
}

/** Told once; a hook that fails has no say in what became of the request. */
function done(
  { clock, hooks, traffic }: Engine,
  call: Call,
  status: number | undefined,
  error: HttpError | undefined,
): void {
  call.lifeline.close()
  traffic.leave()
  if (hooks.done.length === 0) return
  const durationMs = clock.elapsed() - call.startedAt
  const startedAt = clock.now() - durationMs
  const { request, attempts } = call
  const finished = { request, status, error, attempts, durationMs, startedAt }
  for (const hook of hooks.done) {
    try {
      hook(finished)
    } catch (thrown) {
      process.emitWarning(`an interceptor's onDone failed: ${reasonOf(thrown)}`, { code: 'POSTHOUSE_INTERCEPTOR' })
    }
  }
}

function attempt(engine: Engine, call: Call, execution: Execution): Promise<HttpResponse> {
  if (engine.policy === undefined) return once(engine, call, call.lifeline)
  return engine.policy((inner) => {
    return inner === execution ? once(engine, call, call.lifeline) : apart(engine, call, inner)
  }, execution)
}

/** Policies may give an attempt up alone, or run two at the same time. */
async function apart(engine: Engine, call: Call, { signal }: Execution): Promise<HttpResponse> {
  const lifeline = call.lifeline.fork(signal)
  try {
    const response = await once(engine, call, lifeline)
    if (response.incoming === undefined) lifeline.close()
    else {
      lifeline.stream()
      response.incoming.onSettled(() => lifeline.close())
    }
    return response
  } catch (error) {
    lifeline.close()
    throw error
  }
}

async function once(engine: Engine, call: Call, lifeline: Call['lifeline']): Promise<HttpResponse> {
  const { attempt: hooks } = engine.hooks
  const number = ++call.attempts
  call.request.attempt = number
  let request = call.request
  try {
    lifeline.beginAttempt()
    if (hooks.before.length > 0) {
      request = call.request.forAttempt(number)
      request.adopt(await askBefore(hooks, request))
    }
    const answer = await call.plan.transport(new Hop(request, number, lifeline))
    // A small body has come with its head.
    const there = call.plan.streaming ? answer.body : answer.body.ready(engine.maxBodyBytes)
    const body = there ?? (await answer.body.bytes(engine.maxBodyBytes))
    const response = responseOf(engine, call, { answer, body, request, number })
    // A body that still comes has deadlines, and can be given up.
    if (response.incoming === undefined || response.incoming.settled) lifeline.rest()
    return hooks.after.length > 0 ? await askAfter(hooks, response, request) : response
  } catch (thrown) {
    lifeline.rest()
    const error = toHttpError(thrown, request)
    throw hooks.failed.length > 0 ? await askFailed(hooks, error, request) : error
  }
}

interface Answered {
  readonly answer: HopResponse
  readonly body: Uint8Array | IncomingBody
  readonly request: OutgoingRequest
  readonly number: number
}

function responseOf(engine: Engine, call: Call, { answer, body, request, number }: Answered): HttpResponse {
  const { status, statusText, headers, url = request.url, redirects = [] } = answer
  return new HttpResponse({
    status,
    statusText,
    headers,
    url: url.href,
    redirects,
    body,
    attempts: number,
    elapsedMs: engine.clock.elapsed() - call.startedAt,
    subject: request,
  })
}

/** What nobody can read any more need not hold its connection. */
const forgotten = new FinalizationRegistry<{ readonly incoming: IncomingBody; readonly leaks: { count: number } }>(
  ({ incoming, leaks }) => {
    if (incoming.settled || incoming.taken) return
    leaks.count++
    incoming.stop(new Error('the response was forgotten before its body was read'))
  },
)

function watch(response: HttpResponse, incoming: IncomingBody, { leaks }: Engine): void {
  forgotten.register(response, { incoming, leaks })
}
