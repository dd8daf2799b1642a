import { kindOf } from '../body/body-kind.ts'
import { type Problem, type ProblemDocument, problem } from '../problem/problem.ts'
import type { Endpoint } from '../routing/endpoint.ts'
import { fillPath } from '../routing/path.ts'
import type { SocketEndpoint } from '../socket/endpoint.ts'
import { ClientSocket, type WebSocketLike } from './client-socket.ts'

/** What is needed of `fetch`: that of browsers and of Node has it, and so have those of HTTP clients. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchedResponse>

/** A request, as `FetchLike` takes it. */
export interface FetchInit {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string | URLSearchParams | FormData | Uint8Array<ArrayBuffer> | ReadableStream
  readonly signal?: AbortSignal
}

/** A response, as `FetchLike` gives it. */
export interface FetchedResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null | undefined }
  text(): Promise<string>
}

/** How endpoints are reached. */
export interface ClientOptions {
  /** Where the app is, such as `https://shop.example`; its path, if any, goes before every endpoint's. */
  readonly baseUrl: string
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Opens WebSockets. Default: the global `WebSocket`. */
  readonly connect?: (url: string) => WebSocketLike
}

/** How one call is made. */
export interface CallOptions {
  readonly signal?: AbortSignal
}

/** Endpoints by the names under which they are called. */
export type Endpoints = Readonly<Record<string, Endpoint | SocketEndpoint>>

/** Calls an endpoint: takes what it reads, and resolves to its response. */
export type Call<Input, Output> = (
  ...args: Partial<Input> extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions]
) => Promise<Output>

/** Opens a connection to a WebSocket endpoint. */
export type Connect<Sent, Received> = (input?: ConnectInput) => ClientSocket<Sent, Received>

/** What goes into the URL of a WebSocket endpoint. */
export interface ConnectInput {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
}

/** The endpoints as functions. */
export type Client<E> = {
  readonly [Name in keyof E]: E[Name] extends Endpoint<infer Input, infer Output>
    ? Call<Input, Output>
    : E[Name] extends SocketEndpoint<infer In, infer Out>
      ? Connect<In, Out>
      : never
}

/**
 * A client of endpoints that were declared as values. A call rejects with the `Problem` that the server answered.
 *
 * @example
 * const client = createClient({ getItem }, { baseUrl: 'http://localhost:8000' })
 * const item = await client.getItem({ params: { id: 7 } })
 */
export function createClient<E extends Endpoints>(endpoints: E, options: ClientOptions): Client<E> {
  const calls = Object.entries(endpoints).map(([name, endpoint]) => [
    name,
    endpoint.kind === 'http' ? calling(endpoint, options) : connecting(endpoint, options),
  ])
  // One function for each endpoint, of the type that its own types say.
  return Object.fromEntries(calls) as Client<E>
}

interface AnyInput extends ConnectInput {
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

function calling({ method, path, options }: Endpoint, client: ClientOptions) {
  return async (input: AnyInput = {}, { signal }: CallOptions = {}): Promise<unknown> => {
    const { fetch = globalThis.fetch as FetchLike, baseUrl, headers } = client
    const response = await fetch(urlOf(baseUrl, path, input), {
      method,
      ...(signal !== undefined && { signal }),
      ...contentOf(options, input, { accept: 'application/json', ...headers }),
    })
    const text = await response.text()
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
    // A response to HEAD has the type of a body that does not come.
    const body = isJson && text !== '' ? JSON.parse(text) : text
    if (!response.ok) throw problemOf(response.status, body)
    return body
  }
}

function connecting({ path, options }: SocketEndpoint, { baseUrl, connect = openSocket }: ClientOptions) {
  const { messages } = options
  const json = { sent: messages?.in !== undefined, received: messages?.out !== undefined }
  return (input: ConnectInput = {}): unknown => {
    const url = urlOf(baseUrl, path, input).replace(/^http/, 'ws')
    return new ClientSocket(connect(url), json)
  }
}

function openSocket(url: string): WebSocketLike {
  return new WebSocket(url) as WebSocketLike
}

function urlOf(baseUrl: string, path: string, { params = {}, query = {} }: ConnectInput): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined) search.append(name, String(item))
  }
  const text = search.toString()
  return baseUrl.replace(/\/$/, '') + fillPath(path, params) + (text === '' ? '' : `?${text}`)
}

function contentOf(
  options: Endpoint['options'],
  input: AnyInput,
  common: Record<string, string>,
): Pick<FetchInit, 'headers' | 'body'> {
  const own = Object.entries(input.headers ?? {}).map(([name, value]) => [name, String(value)])
  const headers = { ...common, ...Object.fromEntries(own) }
  const { body } = input
  if (body === undefined) return { headers }
  const kind = kindOf(options.body)
  if (kind === undefined) {
    return { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) }
  }
  if (kind.mediaTypes.includes('application/x-www-form-urlencoded')) {
    return { headers, body: new URLSearchParams(body as Record<string, string>) }
  }
  // The types of the other kinds are those that fetch takes.
  return { headers, body: body as FormData | Uint8Array<ArrayBuffer> }
}

function problemOf(status: number, body: unknown): Problem {
  if (typeof body !== 'object' || body === null) return problem(status, String(body))
  const { detail, title, type, code, errors, status: _, ...extensions } = body as Partial<ProblemDocument>
  return problem(status, detail ?? '', {
    ...(title !== undefined && { title }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(errors !== undefined && { errors }),
    extensions,
  })
}
