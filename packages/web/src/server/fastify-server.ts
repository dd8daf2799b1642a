import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { PosthouseError, reasonOf } from '@posthouse/core'
import fastify, { type FastifyInstance, type FastifyRequest, type HTTPMethods } from 'fastify'
import type { RequestLimits } from '../app/options.ts'
import type { Services } from '../app/services.ts'
import type { BodyGuard } from '../body/body-guard.ts'
import { problem } from '../problem/problem.ts'
import { type ProblemResponse, problemResponse } from '../problem/problem-response.ts'
import { namesOneHost } from '../request/host-check.ts'
import { requestIdOf } from '../request/request-id.ts'
import { allowedMethods } from '../routing/allowed-methods.ts'
import type { Endpoint } from '../routing/endpoint.ts'
import { parsePath } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import { refuse } from '../socket/refusal.ts'
import { answering, sendProblem } from './answer.ts'
import { planOf } from './plan.ts'

const withoutBody = { hasBody: false, overrideExisting: true }

/** Fastify as we want it: no parsing, no validation and no words of its own. It routes, and it runs its plugins. */
export function createFastify(server: Server, services: Services): FastifyInstance {
  const instance = fastify({
    genReqId: (request) => requestIdOf(request as IncomingMessage),
    exposeHeadRoutes: true,
    serverFactory: (handler) =>
      server.on('request', (request, response) => {
        if (namesOneHost(request)) handler(request, response)
        else refuseHost(response, services)
      }),
    routerOptions: { querystringParser: () => ({}), maxParamLength: 4096 },
    clientErrorHandler: (error, socket) => answerGarbage(error, socket, services),
    // The types of a request that could not be routed are those of any other.
    frameworkErrors: (error, request, reply) =>
      sendProblem(error, request as FastifyRequest, reply as never, services) as never,
  })
  // Bodies are ours to read: Fastify finds a parser by the type that the client names, and makes a resource for each.
  for (const method of instance.supportedMethods) instance.addHttpMethod(method, withoutBody)
  instance.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, services))
  return instance
}

/** How requests are read. */
interface Reading {
  readonly limits: RequestLimits | undefined
  readonly guard: BodyGuard
}

/** Serves endpoints. @throws PosthouseError `invalid_option` where two are the same */
export function addRoutes(
  instance: FastifyInstance,
  routes: readonly Route<Endpoint>[],
  services: Services,
  { limits = {}, guard }: Reading,
): void {
  // Those of HEAD come first: Fastify makes one for each GET that has none yet.
  const ordered = routes.toSorted((a, b) => Number(b.endpoint.method === 'HEAD') - Number(a.endpoint.method === 'HEAD'))
  assertDistinct(ordered)
  refuseOthers(instance, routes, services)
  for (const route of ordered) {
    const { method } = route.endpoint
    if (!instance.supportedMethods.includes(method)) instance.addHttpMethod(method)
    try {
      const plan = planOf(route, services.env !== 'production', limits)
      const handler = answering(plan, services, guard)
      instance.route({ method: method as HTTPMethods, url: urlOf(route.path), handler })
    } catch (cause) {
      const message = `${method} ${route.path} cannot be served: ${reasonOf(cause)}`
      throw new PosthouseError('invalid_option', message, { cause })
    }
  }
}

/** Answers what no endpoint does: 405 where only the method is wrong (RFC 9110, section 15.5.6), otherwise 404. */
function refuseOthers(instance: FastifyInstance, routes: readonly Route<Endpoint>[], services: Services): void {
  const allowed = allowedMethods(routes.map(({ endpoint, path }) => ({ method: endpoint.method, path })))
  instance.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const allow = allowed(path).join(', ')
    const refused =
      allow === ''
        ? problem(404, `There is nothing at ${request.method} ${path}`)
        : problem(405, `${path} takes ${allow}, not ${request.method}`, { headers: { allow } })
    return sendProblem(refused, request, reply, services)
  })
}

/** What parameters are called makes no difference to which requests a path takes. */
function assertDistinct(routes: readonly Route<Endpoint>[]): void {
  const known = new Map<string, string>()
  for (const { endpoint, path } of routes) {
    const shape = `${endpoint.method} ${urlOf(path).replaceAll(/:\w+/g, ':')}`
    const earlier = known.get(shape)
    if (earlier !== undefined) {
      const same = earlier === path ? 'it is declared twice' : `${earlier} takes the same requests`
      throw new PosthouseError('invalid_option', `${endpoint.method} ${path} cannot be served: ${same}`)
    }
    known.set(shape, path)
  }
}

function refuseHost(response: ServerResponse, services: Services): void {
  const { status, headers, body } = hostProblem(services)
  response.writeHead(status, { ...headers, connection: 'close' }).end(body)
}

/** The answer to a request of which nobody can say whom it is for. The connection ends with it. */
export function hostProblem({ formatProblem }: Services): ProblemResponse {
  return problemResponse(problem(400, 'The request has more than one Host, or one that is none'), '-', formatProblem)
}

/** What is no HTTP is answered as far as it can be, and never read on. */
function answerGarbage(error: Error & { code: string }, socket: Socket, { formatProblem }: Services): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const status = tooLarge ? 431 : late ? 408 : 400
  const detail = tooLarge ? 'The headers are too large' : late ? 'The request took too long' : 'This is no HTTP request'
  refuse(socket, problemResponse(problem(status, detail), '-', formatProblem))
}

/** The path in the words of Fastify. */
function urlOf(path: string): string {
  return `/${parsePath(path)
    .map((segment) => ('text' in segment ? segment.text : segment.rest ? '*' : `:${segment.name}`))
    .join('/')}`
}

/** The path of a URL, without its query. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url
}
