import { isPosthouseError, PosthouseError, reasonOf, type SchemaResult, systemClock } from '@posthouse/core'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '../app/services.ts'
import { heldBy, type Scope } from '../dependencies/scope.ts'
import { faultsOf } from '../problem/fault.ts'
import { problemResponse, toProblem } from '../problem/problem-response.ts'
import { invalidRequest } from '../request/inputs.ts'
import { requestContext } from '../request/request-context.ts'
import { send } from '../response/send.ts'
import { Exchange } from './exchange.ts'
import { inTime } from './in-time.ts'
import type { Plan } from './plan.ts'

/** Answers requests to one endpoint. */
export function answering(plan: Plan, services: Services) {
  return (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const exchange = new Exchange(request, reply, services)
    if (services.accessLog) logWhenDone(request, reply, services)
    // The exchange is the context itself: an object with a getter of its own costs each request more than its routing.
    return requestContext.run(exchange, answer, plan, { exchange, request, reply, services })
  }
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

async function answer(plan: Plan, under: Under): Promise<FastifyReply> {
  const { exchange, request, reply } = under
  const scope = plan.guarded ? openScope(under) : undefined
  try {
    const inputs = plan.reader.read(exchange.request)
    exchange.use(inputs instanceof Promise ? await inputs : inputs)
    if (scope !== undefined) for (const guard of plan.guards) await scope.use(guard)
    const body = plan.validateBody === undefined ? request.body : checkBody(plan.validateBody, request.body)
    exchange.body = body instanceof Promise ? await body : body
    if (scope !== undefined) exchange.deps = await scope.resolve(plan.dependencies)
    const returned = plan.handler(exchange as never)
    const value = returned instanceof Promise ? await patiently(returned, plan, exchange) : returned
    if (!exchange.statusSet) reply.code(plan.status)
    reply.header('x-request-id', exchange.requestId)
    closeUnread(request, reply)
    if (under.services.stopping.aborted) reply.header('connection', 'close')
    return await send(reply, value, plan.serialize, under.services.stopping)
  } catch (error) {
    scope?.fail(error)
    return sendProblem(error, request, reply, under.services)
  }
}

function patiently(work: Promise<unknown>, { handlerTimeout }: Plan, exchange: Exchange): Promise<unknown> {
  if (handlerTimeout === 0) return work
  return inTime(work, handlerTimeout, systemClock, (reason) => exchange.abort(reason))
}

/** A body that nobody has read must not be taken for the next request, and shall not be waited for. */
function closeUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return
  const { 'content-length': length, 'transfer-encoding': coding } = raw.headers
  if (coding !== undefined || (length !== undefined && length !== '0')) reply.header('connection', 'close')
}

/** Waits only for a schema that has to: most answer at once. */
function checkBody(validate: NonNullable<Plan['validateBody']>, body: unknown): unknown {
  const checked = validate(body)
  return checked instanceof Promise ? checked.then(bodyOf) : bodyOf(checked)
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
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
): FastifyReply {
  const problem = toProblem(error)
  const requestId = request.id
  closeUnread(request, reply)
  if (problem.status >= 500) {
    const { cause = error } = problem
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
