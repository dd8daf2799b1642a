import { bearerToken, type CallStore, type Clock, isErrorCode, type Logger, PosthouseError } from '@posthouse/core'
import { type Hub, isLoopback } from '@posthouse/hub'
import {
  type Api,
  type ApiOptions,
  type CallReply,
  type CallRequest,
  createApi,
  type Identify,
  type ProcedureInfo,
  type ProcedureTree,
} from '@posthouse/rpc'
import {
  type HandlerTools,
  jsonSchema,
  type ProblemFormat,
  type Reply,
  type Router,
  type TextBody,
  textBody,
} from '@posthouse/web'
import { aborted } from '../interrupt.ts'
import { addCallsAdministration } from './calls-administration.ts'
import type { Door } from './door.ts'
import { mayUse, serveThroughHub } from './hub-procedures.ts'
import { callMetrics } from './metrics/call-metrics.ts'
import { jsonSchemaOf, shownSchema } from './shown-schema.ts'

/** What the door for calls opens to. */
export interface CallsDoorOptions extends Omit<ApiOptions, 'identify' | 'store' | 'logger' | 'clock'> {
  readonly hub: Hub
  readonly procedures: ProcedureTree
  /** Remembers calls; from now on it is closed by the door. Default: in memory. */
  readonly store?: CallStore | undefined
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Pages of these origins may connect, too; `*` for all. Default: those of the same host, and of this computer. */
  readonly allowedOrigins?: readonly string[] | undefined
}

/** A door for calls, and the procedures behind it, which can be changed while the node runs. */
export interface CallsDoor extends Door {
  readonly api: Api
}

/** Procedures over Socket.IO, HTTP, callbacks and the hub: the same ones behind each. */
export function callsDoor({ hub, procedures, store, allowedOrigins, ...options }: CallsDoorOptions): CallsDoor {
  const identify = hub.guarded ? identifyBy(hub) : undefined
  const api = createApi(procedures, { ...options, store, identify })
  const door = api.socketDoor({ origins: allowedOrigins?.includes('*') ? 'any' : allowedOrigins })
  let throughHub: Disposable | undefined
  return {
    name: 'calls',
    api,
    places: [
      { path: '/socket.io/', what: 'Calls over Socket.IO' },
      { path: '/api/call', what: 'Calls over HTTP: POST' },
      { path: '/api/procedures', what: 'The procedures' },
    ],
    mount: (app, { admin, administration }) => {
      addEndpoints(app, api, identify)
      if (administration) addCallsAdministration(app, api, admin)
    },
    requests: { path: '/socket.io/*', handle: (request, response) => door.handleRequest(request, response) },
    upgrade: { path: '/socket.io/*', handle: (request, socket, head) => door.handleUpgrade(request, socket, head) },
    metrics: () => callMetrics(api.stats()),
    keeps: { what: 'calls', check: async () => await store?.check?.() },
    start: async () => {
      throughHub = serveThroughHub(hub, api)
      await api.start()
    },
    drain: (signal) => Promise.race([api.drain(), aborted(signal)]),
    close: async () => {
      throughHub?.[Symbol.dispose]()
      await api.close()
      await store?.[Symbol.asyncDispose]()
    },
  }
}

/** Who a caller is, and what it may call, says the hub. */
function identifyBy(hub: Hub): Identify {
  return async ({ token, remoteAddress, signal = new AbortController().signal }) => {
    if (token === undefined) {
      throw new PosthouseError('unauthenticated', 'this node requires authentication: send a token')
    }
    const identity = await hub.identify({ token, remoteAddress, signal })
    return { name: identity.name, may: (permission) => mayUse(identity, permission), holds: () => identity.holds() }
  }
}

const text = { type: 'string' }
const callSchema = shownSchema({
  type: 'object',
  required: ['api'],
  properties: {
    api: { ...text, description: 'The name of a procedure' },
    data: { description: 'Its input' },
    request_id: { ...text, description: 'The id of the call, the same each time it is sent' },
    callback_type: {
      enum: ['http', 'socket', null],
      description: 'Where the answer goes; without it, in the response',
    },
    callback_url: { type: ['string', 'null'], description: 'The URL to which the answer is posted' },
    callback_func: { description: 'Returned unchanged' },
    deadline_ms: { type: 'number', description: 'How long the caller waits, in milliseconds' },
    stream: { type: 'boolean', description: 'Whether to send items one by one; with Accept: application/x-ndjson' },
    from: { type: 'integer', description: 'The number of the first item to send' },
  },
})

const responseSchema = (data: object = {}) =>
  shownSchema({
    type: 'object',
    required: ['request_id', 'api', 'success'],
    properties: {
      request_id: text,
      api: text,
      success: { type: 'boolean' },
      data,
      message: text,
      error: text,
      code: { ...text, description: 'Which error it is' },
      retry: { type: 'boolean', description: 'Whether trying again later can help' },
      callback_func: {},
    },
  })

const responses = {
  202: { description: 'It takes longer: ask again at Location' },
  404: { description: 'There is no such procedure, or no such call of this caller' },
  409: { description: 'This request_id belongs to a call with another input' },
  413: { description: 'The body is too large' },
  422: { description: 'The input does not match; details says where' },
  429: { description: 'Too many calls at once, or too often' },
}

/** What endpoints for calls have in common. A body that cannot be read is answered as a call that has failed. */
function callOptions({ http }: Api) {
  const formatProblem: ProblemFormat = ({ code, detail = 'the request cannot be read' }) => {
    const known = isErrorCode(code) ? code : 'invalid_body'
    const { headers, body } = http.refuse(new PosthouseError(known, detail))
    return { type: 'application/json; charset=utf-8', headers, body }
  }
  return { responses, bodyLimit: http.payloadBytes, handlerTimeout: 0, formatProblem }
}

function addEndpoints(app: Router, api: Api, identify: Identify | undefined): void {
  const tags = ['calls']
  app.post(
    '/api/call',
    { tags, summary: 'Calls a procedure', body: callSchema, response: responseSchema(), ...callOptions(api) },
    (tools) => call(api, tools.body, tools),
  )
  app.get(
    '/api/calls/{id}',
    { tags, summary: 'Shows the result of a call', response: responseSchema(), responses, handlerTimeout: 0 },
    async (tools) => {
      const from = Number(tools.request.query.from ?? 0)
      return send(tools.reply, await api.http.status(tools.params.id, new DoorRequest(tools), from))
    },
  )
  app.delete(
    '/api/calls/{id}',
    { tags, summary: 'Cancels a call', response: responseSchema(), responses },
    async (tools) => send(tools.reply, await api.http.cancel(tools.params.id, new DoorRequest(tools))),
  )
  app.get(
    '/api/procedures',
    { tags, summary: 'Lists the procedures', response: jsonSchema<object[]>({ type: 'array', items: {} }) },
    async ({ request, signal }) => {
      const token = bearerToken(request.headers.authorization)
      const identity = await identify?.({ token, remoteAddress: request.ip, signal })
      const mayCall = ({ permission }: ProcedureInfo): boolean => identity?.may(permission) !== false
      return api.procedures().filter(mayCall).map(shownProcedure)
    },
  )
  for (const info of api.procedures()) addProcedure(app, api, info)
}

/** Each procedure has an endpoint of its own, whose body is what it takes. */
function addProcedure(app: Router, api: Api, { name, description, input, output, streaming }: ProcedureInfo): void {
  const result = jsonSchemaOf(output, 'output')
  app.post(
    `/api/call/${encodeURIComponent(name)}`,
    {
      tags: ['procedures'],
      summary: name,
      ...(description !== undefined && { description }),
      body: shownSchema(jsonSchemaOf(input, 'input')),
      response: responseSchema(streaming ? { type: 'array', items: result } : result),
      ...callOptions(api),
    },
    (tools) => {
      const id = tools.request.headers['idempotency-key']
      return call(api, { api: name, data: tools.body, ...(typeof id === 'string' && { request_id: id }) }, tools)
    },
  )
}

/** A procedure with its schemas, as it is listed. */
function shownProcedure({ input, output, timeoutMs, ...info }: ProcedureInfo): object {
  return {
    ...info,
    ...(Number.isFinite(timeoutMs) && { timeoutMs }),
    ...(input && { input: jsonSchemaOf(input, 'input') }),
    ...(output && { output: jsonSchemaOf(output, 'output') }),
  }
}

/** What the door for calls needs of a request. What is not asked for is not found out, such as whether its client has gone. */
class DoorRequest implements CallRequest {
  readonly headers: CallRequest['headers']
  readonly #tools: Pick<HandlerTools, 'request' | 'signal'>

  constructor(tools: Pick<HandlerTools, 'request' | 'signal'>) {
    this.headers = tools.request.headers
    this.#tools = tools
  }

  get remoteAddress(): string {
    return this.#tools.request.ip
  }

  get signal(): AbortSignal {
    return this.#tools.signal
  }
}

type Sent = TextBody | AsyncIterable<Uint8Array>

/** Answers a call; at once where it waits for nothing. */
function call(api: Api, body: unknown, tools: HandlerTools): Sent | Promise<Sent> {
  const replied = api.http.call(body, new DoorRequest(tools))
  return replied instanceof Promise ? replied.then((later) => send(tools.reply, later)) : send(tools.reply, replied)
}

/** What the calls have written goes out as it stands. */
function send(reply: Reply, { status, headers, body }: CallReply): Sent {
  if (status !== 200) reply.status(status)
  for (const name in headers) reply.header(name, headers[name] ?? '')
  return typeof body === 'string' ? textBody(body) : encoded(body)
}

async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(line)
}

/** Where a node may POST answers: anywhere public, and, without authentication, to programs of this computer. */
export function callbackGuard(hub: Hub, host: string, allowed: readonly string[]): object {
  const own = !hub.guarded && isLoopback(host)
  return { allowPrivate: [...(own ? ['127.0.0.0/8', '::1/128'] : []), ...allowed] }
}
