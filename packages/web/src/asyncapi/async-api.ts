import { escapePointer } from '@posthouse/core'
import type { Dependency } from '../dependencies/depends.ts'
import { Components, opened } from '../docs/components.ts'
import { needsOf } from '../docs/needs.ts'
import type { DocumentInfo } from '../docs/open-api.ts'
import { parsePath, templateOf } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import type { Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import type { SocketEndpoint } from '../socket/endpoint.ts'
import { bindingOf } from './binding.ts'
import { type DescribedMessage, messagesOf, rawMessage, refusedMessage } from './messages.ts'
import { asyncSecurity } from './security.ts'

/** An AsyncAPI document. */
export type AsyncApiDocument = Readonly<Record<string, unknown>>

/** What is known besides the endpoints. */
export interface AsyncApiSettings {
  /** Where the endpoints are served, such as `ws` and `localhost:8000`; left out where that is not known. */
  readonly server?: { readonly protocol: 'ws' | 'wss'; readonly host: string }
  /** False where the app has a format of its own for error frames. Default: true. */
  readonly usualErrors?: boolean
}

/** The AsyncAPI 3.0 document of these endpoints: a channel for each, an operation for each direction. */
export function asyncApiDocument(
  routes: readonly Route<SocketEndpoint>[],
  info: DocumentInfo,
  { server, usualErrors = true }: AsyncApiSettings = {},
): AsyncApiDocument {
  const components = new Components()
  const securitySchemes: Record<string, unknown> = {}
  const channels: Record<string, unknown> = {}
  const operations: Record<string, unknown> = {}
  for (const route of routes) {
    if (route.endpoint.options.documented === false) continue
    const id = freeId(route.endpoint.options.operationId ?? idOf(route.path), channels)
    const { incoming, outgoing } = messagesIn(route.endpoint, components, usualErrors)
    const security = securityOf(route, securitySchemes)
    channels[id] = channel(route, [...incoming, ...outgoing], components)
    operations[`${id}_receive`] = operation('receive', id, incoming, security)
    operations[`${id}_send`] = operation('send', id, outgoing, security)
  }
  const { schemas } = components
  const parts = { ...filled({ schemas, securitySchemes }) }
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    ...(server !== undefined && { servers: { app: server } }),
    channels,
    operations,
    ...(Object.keys(parts).length > 0 && { components: parts }),
  }
}

function messagesIn(
  { options }: SocketEndpoint,
  components: Components,
  usualErrors: boolean,
): { incoming: DescribedMessage[]; outgoing: DescribedMessage[] } {
  const described = (schema: Schema | undefined, side: 'input' | 'output', name: string): DescribedMessage[] => {
    if (schema === undefined) return [rawMessage(name)]
    const json = toJsonSchema(schema, side)
    return messagesOf(side === 'output' ? opened(json) : json, name, components)
  }
  const incoming = described(options.messages?.in, 'input', 'incoming')
  const outgoing = described(options.messages?.out, 'output', 'outgoing')
  return { incoming, outgoing: usualErrors ? [...outgoing, refusedMessage(components)] : outgoing }
}

function channel(
  { endpoint, path, tags }: Route<SocketEndpoint>,
  messages: DescribedMessage[],
  components: Components,
) {
  const { summary, description } = endpoint.options
  const named = parsePath(path).flatMap((segment) => ('name' in segment ? [segment.name] : []))
  return {
    address: templateOf(path),
    ...filled({ summary, description }),
    ...(tags.length > 0 && { tags: tags.map((name) => ({ name })) }),
    ...(named.length > 0 && { parameters: Object.fromEntries(named.map((name) => [name, {}])) }),
    messages: Object.fromEntries(messages.map(({ name, ...message }) => [name, { name, ...message }])),
    bindings: { ws: bindingOf(endpoint.options, components) },
  }
}

function operation(action: 'receive' | 'send', id: string, messages: DescribedMessage[], security: unknown[]): object {
  return {
    action,
    channel: { $ref: `#/channels/${id}` },
    messages: messages.map(({ name }) => ({ $ref: `#/channels/${id}/messages/${escapePointer(name)}` })),
    ...(security.length > 0 && { security }),
  }
}

function securityOf(route: Route<SocketEndpoint>, schemes: Record<string, unknown>): unknown[] {
  const guards: readonly Dependency[] = route.dependencies
  return needsOf(route.endpoint.options, guards).security.map((scheme) => {
    schemes[scheme.name] = asyncSecurity(scheme)
    return { $ref: `#/components/securitySchemes/${escapePointer(scheme.name)}` }
  })
}

/** `/ws/chat/{room}` becomes `ws_chat_room`. */
function idOf(path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return words.join('_') || 'root'
}

function freeId(wanted: string, taken: object): string {
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}_${number}`
    if (!Object.hasOwn(taken, id)) return id
  }
}

/** The members that hold something. */
function filled(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, member]) =>
      typeof member === 'object' && member !== null ? Object.keys(member).length > 0 : member !== undefined,
    ),
  )
}
