import { isPosthouseError, PosthouseError, reasonOf, type SchemaResult, systemClock } from '@posthouse/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '../app/services.ts'
import type { BodyGuard } from '../body/body-guard.ts'
import { readBody } from '../body/body-reader.ts'
import { heldBy, type Scope } from '../dependencies/scope.ts'
import { tellFailure } from '../problem/failure-channel.ts'
import { faultsOf } from '../problem/fault.ts'
import { problemResponse, sureFormat, toProblem } from '../problem/problem-response.ts'
import { invalidRequest } from '../request/inputs.ts'
import { requestContext } from '../request/request-context.ts'
import { send } from '../response/send.ts'
import { Exchange } from './exchange.ts'
import { inTime } from './in-time.ts'
import type { Plan } from './plan.ts'

/** Answers requests to one endpoint. */
export function answering(plan: Plan, common: Services, guard: BodyGuard) {
  const { formatProblem } = plan
  const services =
    formatProblem === undefined ? common : { ...common, formatProblem: sureFormat(formatProblem, common.log) }
  return (request: FastifyRequest, reply: FastifyReply): void => {
    if (plan.rest !== undefined) nameRest(request, plan.rest)
    const exchange = new Exchange(request, reply, services)
    if (services.accessLog) logWhenDone(request, reply, services)
    const under = { exchange, request, reply, services }
    // The exchange is the context itself: an object with a getter of its own costs each request more than its routing.
    if (plan.bodyRules === undefined) requestContext.run(exchange, answer, plan, under)
    else
      readBody(request.raw, plan.bodyRules, guard, (error, body) => {
        exchange.body = body
        if (error === null) requestContext.run(exchange, answer, plan, under)
        else sendProblem(error, request, reply, services)
      })
  }
}

/** Fastify calls the rest of a path `*`. */
function nameRest(request: FastifyRequest, name: string): void {
  const { '*': rest, ...others } = request.params as Readonly<Record<string, unknown>>
  request.params = { ...others, [name]: rest }
}

function logWhenDone(request: FastifyRequest, reply: FastifyReply, { log }: Services): void {
  const { id: requestId, method, raw } = request
  // A query may hold a token.
  const path = raw.url?.split('?', 1)[0] ?? ''
  const since = performance.now()
  reply.raw.once('close', () => {
    const ms = Math.round((performance.now() - since) * 10) / 10
    log.info(`${method} ${path} ${reply.raw.statusCode}`, { requestId, ms, cut: !reply.raw.writableEnded })
  })
}

interface Under {
  readonly exchange: Exchange
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly services: Services
}

/** Fastify is handed no promise: it would watch each of them, and a reply counts as one. */
function answer(plan: Plan, under: Under): void {
  const { request, reply, services } = under
  const scope = plan.guarded ? openScope(under) : undefined
  const fail = (error: unknown): void => {
    scope?.fail(error)
    sendProblem(error, request, reply, services)
  }
  try {
    const answered = scope === undefined ? answerOpen(plan, under) : answerGuarded(plan, under, scope)
    if (answered instanceof Promise) answered.catch(fail)
  } catch (error) {
    fail(error)
  }
}

/** Most endpoints have nothing to wait for until their handler runs, and each turn of waiting costs as much as reading. */
function answerOpen(plan: Plan, under: Under): void | Promise<void> {
  const { exchange } = under
  return goOn(plan.reader.read(exchange.request), (inputs) => {
    exchange.use(inputs)
    return goOn(checkedBody(plan, exchange), (body) => {
      exchange.body = body
      return goOn(handle(plan, exchange), (value) => finish(value, plan, under))
    })
  })
}

async function answerGuarded(plan: Plan, under: Under, scope: Scope): Promise<void> {
  const { exchange } = under
  exchange.use(await plan.reader.read(exchange.request))
  for (const guard of plan.guards) await scope.use(guard)
  exchange.body = await checkedBody(plan, exchange)
  exchange.deps = await scope.resolve(plan.dependencies)
  finish(await handle(plan, exchange), plan, under)
}

/** Goes on at once with what need not be waited for. */
function goOn<Value, Next>(value: Value | Promise<Value>, next: (value: Value) => Next): Next | Promise<Awaited<Next>> {
  return value instanceof Promise ? (value.then(next) as Promise<Awaited<Next>>) : next(value)
}

function finish(value: unknown, plan: Plan, { exchange, request, reply, services }: Under): void {
  if (!exchange.statusSet) reply.code(plan.status)
  reply.header('x-request-id', exchange.requestId)
  closeUnread(request, reply)
  if (services.stopping.aborted) reply.header('connection', 'close')
  send(reply, value, plan.serialize, services.stopping)
}

function handle({ handler, handlerTimeout }: Plan, exchange: Exchange): unknown {
  const returned = handler(exchange as never)
  if (!isThenable(returned)) return returned
  const work = Promise.resolve(returned)
  if (handlerTimeout === 0) return work
  return inTime(work, handlerTimeout, systemClock, (reason) => exchange.abort(reason))
}

/** Also what a database library makes of a query that runs when it is waited for. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** A body that nobody has read must not be taken for the next request, and shall not be waited for. */
function closeUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return
  const { 'content-length': length, 'transfer-encoding': coding } = raw.headers
  if (coding !== undefined || (length !== undefined && length !== '0')) reply.header('connection', 'close')
}

function checkedBody({ validateBody }: Plan, { body }: Exchange): unknown {
  if (validateBody === undefined) return body
  return goOn(validateBody(body), bodyOf)
}

function bodyOf(result: SchemaResult<unknown>): unknown {
  if (result.issues !== undefined) throw invalidRequest(faultsOf('body', result.issues))
  return result.value
}

/** The scope of a request ends when its response has been sent, or will not be. */
function openScope({ exchange, reply, services }: Under): Scope {
  const { requestId, request, log, signal } = exchange
  const scope = services.scope.child({ holds: heldBy.request, log, requestId, request, signal })
  const ended = new Promise<void>((resolve) => {
    reply.raw.once('close', () => {
      if (!reply.raw.writableEnded) scope.fail(new PosthouseError('aborted', 'The client has gone'))
      resolve(scope.end())
    })
  })
  services.ending.add(ended)
  void ended.finally(() => services.ending.delete(ended))
  return scope
}

/** Answers with the problem that an error is, and logs what is our own fault. */
export function sendProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
): FastifyReply {
  const error = readable(thrown)
  const problem = toProblem(error)
  const requestId = request.id
  closeUnread(request, reply)
  if (problem.status >= 500) {
    const { cause = error } = problem
    tellFailure(cause, requestId)
    services.log.error('A request failed', {
      requestId,
      status: problem.status,
      error: reasonOf(cause),
      ...(isPosthouseError(cause) && { code: cause.code }),
      ...(cause instanceof Error && { stack: cause.stack }),
    })
  }
  const { status, headers, body } = problemResponse(problem, requestId, services.formatProblem)
  return reply.code(status).headers(headers).send(body)
}

/** What was thrown, or an error in place of what nothing can be said about, such as an object without a prototype. */
function readable(thrown: unknown): unknown {
  try {
    return typeof reasonOf(thrown) === 'string' ? thrown : unreadable()
  } catch {
    return unreadable()
  }
}

function unreadable(): Error {
  return new Error('the handler threw something that cannot be read')
}
