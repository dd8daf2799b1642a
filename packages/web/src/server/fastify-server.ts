import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { PosthouseError, reasonOf } from '@posthouse/core'
import fastify, { type FastifyInstance, type FastifyRequest, type HTTPMethods } from 'fastify'
import type { AppOptions, RequestLimits } from '../app/options.ts'
import type { Services } from '../app/services.ts'
import type { BodyGuard } from '../body/body-guard.ts'
import { kindOf } from '../body/body-kind.ts'
import { type BodyRules, readBody } from '../body/body-reader.ts'
import { problem } from '../problem/problem.ts'
import { problemResponse } from '../problem/problem-response.ts'
import { requestIdOf } from '../request/request-id.ts'
import type { Endpoint, EndpointOptions } from '../routing/endpoint.ts'
import { parsePath } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import { refuse } from '../socket/refusal.ts'
import { answering, sendProblem } from './answer.ts'
import { planOf } from './plan.ts'

/** Fastify as we want it: no parsing, no validation and no words of its own. It routes, and it runs its plugins. */
export function createFastify(server: Server, services: Services, guard: BodyGuard): FastifyInstance {
  const instance = fastify({
    genReqId: (request) => requestIdOf(request as IncomingMessage),
    exposeHeadRoutes: true,
    serverFactory: (handler) => server.on('request', handler),
    routerOptions: { querystringParser: () => ({}), maxParamLength: 4096 },
    clientErrorHandler: (error, socket) => answerGarbage(error, socket, services),
    // The types of a request that could not be routed are those of any other.
    frameworkErrors: (error, request, reply) =>
      sendProblem(error, request as FastifyRequest, reply as never, services) as never,
  })
  instance.removeAllContentTypeParsers()
  // One that is named is remembered; the type of a body that only `*` takes is parsed again with each request.
  const mediaTypes = ['application/json', '*']
  instance.addContentTypeParser(mediaTypes, (request: FastifyRequest, raw: IncomingMessage, done: BodyDone) => {
    const { rules } = request.routeOptions.config as { readonly rules?: BodyRules }
    // Where nothing is served, nothing is read.
    if (rules === undefined) return done(null, undefined)
    read(raw, rules, guard, done)
  })
  instance.setNotFoundHandler((request, reply) => {
    const missing = problem(404, `There is nothing at ${request.method} ${pathOf(request.url)}`)
    return sendProblem(missing, request, reply, services)
  })
  instance.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, services))
  return instance
}

/** Serves endpoints. @throws PosthouseError `invalid_option` where two are the same */
export function addRoutes(
  instance: FastifyInstance,
  routes: readonly Route<Endpoint>[],
  services: Services,
  { limits = {} }: AppOptions,
): void {
  // Those of HEAD come first: Fastify makes one for each GET that has none yet.
  const ordered = routes.toSorted((a, b) => Number(b.endpoint.method === 'HEAD') - Number(a.endpoint.method === 'HEAD'))
  for (const route of ordered) {
    const { method, options } = route.endpoint
    if (!instance.supportedMethods.includes(method)) instance.addHttpMethod(method, { hasBody: true })
    const plan = planOf(route, services.env !== 'production', limits.handlerTimeout ?? 0)
    try {
      instance.route({
        method: method as HTTPMethods,
        url: urlOf(route.path),
        config: { rules: rulesOf(options, limits) },
        handler: answering(plan, services),
      })
    } catch (cause) {
      throw new PosthouseError('invalid_option', `${method} ${route.path} cannot be served: ${reasonOf(cause)}`, {
        cause,
      })
    }
  }
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

type BodyDone = (error: Error | null, body?: unknown) => void

function read(request: IncomingMessage, rules: BodyRules, guard: BodyGuard, done: BodyDone): void {
  try {
    const body = readBody(request, rules, guard)
    if (body instanceof Promise) body.then((value) => done(null, value), done)
    else done(null, body)
  } catch (error) {
    done(error as Error)
  }
}

function rulesOf({ body, bodyLimit, bodyTimeout }: EndpointOptions, limits: RequestLimits = {}): BodyRules {
  const kind = kindOf(body)
  const usualTimeout = kind?.streamed === true ? 0 : (limits.bodyTimeout ?? 30_000)
  return {
    kind,
    limit: bodyLimit ?? limits.bodyLimit ?? 1024 * 1024,
    pace: { timeout: bodyTimeout ?? usualTimeout, minRate: limits.minBodyRate ?? 240 },
  }
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
