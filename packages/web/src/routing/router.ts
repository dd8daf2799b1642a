import { METHODS } from 'node:http'
import { PosthouseError } from '@posthouse/core'
import { checkOptions } from '@posthouse/core/options'
import type { Dependency } from '../dependencies/depends.ts'
import { type DeclareSocket, type SocketEndpoint, type SocketOptions, socketOptionNames } from '../socket/endpoint.ts'
import { type Declare, type DeclareMethod, endpointOptionNames } from './declare.ts'
import type { Endpoint, EndpointOptions, ResponseFacts } from './endpoint.ts'
import { joinPaths, parsePath } from './path.ts'
import { routerRules } from './router-rules.ts'

/** What all endpoints of a router have in common. All of it is optional. */
export interface RouterOptions {
  /** Goes before every path. */
  readonly prefix?: string
  readonly tags?: readonly string[]
  /** Run before those of the endpoints; their values are not handed over. */
  readonly dependencies?: readonly Dependency[]
  /** Responses that any of the endpoints may give, by status, for the documents. */
  readonly responses?: Readonly<Record<number, ResponseFacts>>
}

/** An endpoint with all that the routers around it add. */
export interface Route<E = Endpoint | SocketEndpoint> {
  readonly endpoint: E
  readonly path: string
  readonly tags: readonly string[]
  /** Those of the routers, outermost first. */
  readonly dependencies: readonly Dependency[]
  readonly responses: Readonly<Record<number, ResponseFacts>>
}

/** True for the route of an HTTP endpoint. */
export function isHttpRoute(route: Route): route is Route<Endpoint> {
  return route.endpoint.kind === 'http'
}

/** True for the route of a WebSocket endpoint. */
export function isSocketRoute(route: Route): route is Route<SocketEndpoint> {
  return route.endpoint.kind === 'socket'
}

/** Declares endpoints that belong together. Each declaration gives the endpoint as a value. */
export interface Router {
  readonly get: Declare
  readonly post: Declare
  readonly put: Declare
  readonly patch: Declare
  readonly delete: Declare
  readonly head: Declare
  readonly options: Declare
  readonly trace: Declare
  /** Declares an endpoint of any method that Node reads, such as `PROPFIND` or `QUERY`. */
  readonly method: DeclareMethod
  readonly websocket: DeclareSocket
  /** Serves the endpoints of another router below this one, also those that are declared later. */
  include(router: Router, options?: RouterOptions): void
  /** Every endpoint, in the order of declaration, with all that routers add. */
  routes(): Route[]
}

type Entry =
  | { readonly endpoint: Endpoint | SocketEndpoint; readonly own: string }
  | { readonly node: Node; readonly by: RouterOptions }

interface Node {
  readonly options: RouterOptions
  readonly entries: Entry[]
  /** Where it was included first; tells endpoints their whole path. */
  parent: { readonly node: Node; readonly prefix: string } | undefined
}

const nodes = new WeakMap<Router, Node>()
const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'] as const

/** A router: endpoints with a common prefix, tags, dependencies and responses. @throws PosthouseError `invalid_option` */
export function createRouter(options: RouterOptions = {}): Router {
  checkOptions('createRouter', options, routerRules)
  assertPrefix(options.prefix)
  const node: Node = { options, entries: [], parent: undefined }
  const declared = methods.map((name) => [name, declaring(node, name.toUpperCase())] as const)
  const router: Router = {
    // One declaration for each name of the list above.
    ...(Object.fromEntries(declared) as Record<(typeof methods)[number], Declare>),
    method: declareMethod(node),
    websocket: declaringSocket(node),
    include: (other, by = {}) => include(node, other, by),
    routes: () => flatten(node, { prefix: '', tags: [], dependencies: [], responses: {} }),
  }
  nodes.set(router, node)
  return router
}

function declaring(node: Node, method: string): Declare {
  return ((path: string, ...rest: [EndpointOptions, Endpoint['handler']] | [Endpoint['handler']]) => {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest
    assertKnown(options, endpointOptionNames, `${method} ${path}`)
    return declare<Endpoint>(node, path, { kind: 'http', method, options, handler })
    // Overloads cannot be written as one function without it.
  }) as Declare
}

function declareMethod(node: Node): DeclareMethod {
  const declareAs = (method: string, ...rest: Parameters<Declare>): Endpoint => {
    const name = method.toUpperCase()
    if (!METHODS.includes(name)) throw new PosthouseError('invalid_option', `Node reads no method ${name}`)
    return declaring(node, name)(...rest)
  }
  return declareAs as DeclareMethod
}

function declaringSocket(node: Node): DeclareSocket {
  return ((path: string, ...rest: [SocketOptions, SocketEndpoint['handler']] | [SocketEndpoint['handler']]) => {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest
    assertKnown(options, socketOptionNames, `websocket ${path}`)
    return declare<SocketEndpoint>(node, path, { kind: 'socket', options, handler })
  }) as DeclareSocket
}

function declare<E extends Endpoint | SocketEndpoint>(node: Node, path: string, facts: Omit<E, 'path' | 'types'>): E {
  parsePath(path)
  const whole = {
    get path() {
      return placed(node, path)
    },
  }
  const endpoint = Object.defineProperties({ ...facts }, Object.getOwnPropertyDescriptors(whole)) as E
  node.entries.push({ endpoint, own: path })
  return endpoint
}

function placed({ options, parent }: Node, path: string): string {
  const own = joinPaths(options.prefix ?? '', path)
  return parent === undefined ? own : placed(parent.node, joinPaths(parent.prefix, own))
}

function include(node: Node, other: Router, by: RouterOptions): void {
  checkOptions('include', by, routerRules)
  assertPrefix(by.prefix)
  const child = nodes.get(other)
  if (child === undefined) throw new PosthouseError('invalid_option', 'include takes what createRouter made')
  if (reaches(child, node)) throw new PosthouseError('invalid_option', 'A router cannot include itself')
  child.parent ??= { node, prefix: by.prefix ?? '' }
  node.entries.push({ node: child, by })
}

function reaches(from: Node, target: Node): boolean {
  return from === target || from.entries.some((entry) => 'node' in entry && reaches(entry.node, target))
}

interface Around {
  readonly prefix: string
  readonly tags: readonly string[]
  readonly dependencies: readonly Dependency[]
  readonly responses: Readonly<Record<number, ResponseFacts>>
}

function flatten({ options, entries }: Node, outer: Around): Route[] {
  const around = within(outer, options)
  return entries.flatMap((entry) => {
    if ('node' in entry) return flatten(entry.node, within(around, entry.by))
    const { endpoint, own } = entry
    const tags = [...new Set([...around.tags, ...(endpoint.options.tags ?? [])])]
    return [{ ...around, endpoint, path: joinPaths(around.prefix, own), tags }]
  })
}

function within(outer: Around, { prefix = '', tags = [], dependencies = [], responses = {} }: RouterOptions): Around {
  return {
    prefix: joinPaths(outer.prefix, prefix === '' ? '/' : prefix).replace(/^\/$/, ''),
    tags: [...outer.tags, ...tags],
    dependencies: [...outer.dependencies, ...dependencies],
    responses: { ...outer.responses, ...responses },
  }
}

function assertPrefix(prefix = ''): void {
  if (prefix === '') return
  parsePath(prefix)
  if (prefix.endsWith('/')) throw new PosthouseError('invalid_option', `The prefix ${prefix} must not end with a slash`)
}

/** An option that is misspelled would be ignored, and a schema that is ignored lets everything through. */
function assertKnown(options: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new PosthouseError('invalid_option', `${where} has options that do not exist: ${unknown.join(', ')}`)
}
