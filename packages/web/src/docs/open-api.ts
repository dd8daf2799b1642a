import { STATUS_CODES } from 'node:http'
import { kindOf } from '../body/body-kind.ts'
import type { Endpoint, EndpointOptions, ResponseFacts } from '../routing/endpoint.ts'
import { templateOf } from '../routing/path.ts'
import type { Route } from '../routing/router.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import { Components, opened } from './components.ts'
import { type Needs, needsOf } from './needs.ts'
import { parametersOf } from './parameters.ts'
import { problemSchema } from './problem-schema.ts'

/** Of what a document is. */
export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description?: string
}

/** An OpenAPI document. */
export type OpenApiDocument = Readonly<Record<string, unknown>>

/** What an OpenAPI 3.1 path can hold. Endpoints of other methods are served, and are not in the document. */
const describable = new Set(['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE'])

/** The OpenAPI 3.1 document of these endpoints. */
export function openApiDocument(routes: readonly Route<Endpoint>[], info: DocumentInfo): OpenApiDocument {
  const components = new Components()
  const problem = components.place(problemSchema)
  const securitySchemes: Record<string, unknown> = {}
  const ids = new Set<string>()
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const { method, options } = route.endpoint
    if (options.documented === false || !describable.has(method)) continue
    const needs = needsOf(options, route.dependencies)
    for (const { name, describe } of needs.security) securitySchemes[name] = describe
    const template = templateOf(route.path)
    const operationId = freeId(options.operationId ?? idOf(method, route.path), ids)
    const described = { operationId, ...operation(route, needs, { components, problem }) }
    paths[template] = { ...paths[template], [method.toLowerCase()]: described }
  }
  const hasSchemes = Object.keys(securitySchemes).length > 0
  return {
    openapi: '3.1.0',
    info,
    ...tagList(routes),
    paths,
    components: { schemas: components.schemas, ...(hasSchemes && { securitySchemes }) },
  }
}

interface Shared {
  readonly components: Components
  readonly problem: JsonSchema
}

function operation(route: Route<Endpoint>, needs: Needs, shared: Shared): Record<string, unknown> {
  const { options } = route.endpoint
  const { summary, description, deprecated } = options
  const parameters = parametersOf(route.path, needs.inputs, shared.components)
  return {
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(deprecated !== undefined && { deprecated }),
    ...(route.tags.length > 0 && { tags: route.tags }),
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(options, shared.components),
    responses: responsesOf(route, refusals(options, needs), shared),
    ...securityOf(needs),
  }
}

function hasSchema({ params, query, headers, cookies }: EndpointOptions): boolean {
  return [params, query, headers, cookies].some((schema) => schema !== undefined)
}

function requestBody({ body }: EndpointOptions, components: Components): object {
  if (body === undefined) return {}
  const kind = kindOf(body)
  const schema = components.place(kind?.describe() ?? toJsonSchema(body, 'input'))
  const mediaTypes = kind?.mediaTypes.map((type) => (type === '*' ? '*/*' : type)) ?? ['application/json']
  return {
    requestBody: { required: true, content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])) },
  }
}

/** What is answered before the handler runs. */
function refusals({ body }: EndpointOptions, { inputs, security }: Needs): Record<number, ResponseFacts> {
  const reads = body !== undefined || inputs.some(hasSchema)
  return {
    ...(body !== undefined && { 400: { description: 'The body cannot be read' } }),
    ...(security.length > 0 && { 401: { description: 'The request does not show who it comes from' } }),
    ...(reads && { 422: { description: 'The request does not fit its schemas' } }),
  }
}

function responsesOf(
  route: Route<Endpoint>,
  refused: Record<number, ResponseFacts>,
  shared: Shared,
): Record<string, unknown> {
  const { response, status = 200, responses } = route.endpoint.options
  const usual: ResponseFacts = { description: STATUS_CODES[status] ?? 'Done', ...(response && { schema: response }) }
  const all: Record<string, ResponseFacts> = { ...refused, ...route.responses, [status]: usual, ...responses }
  return Object.fromEntries(
    Object.entries(all).map(([code, facts]) => [code, describeResponse(Number(code), facts, shared)]),
  )
}

function describeResponse(status: number, { description, schema }: ResponseFacts, shared: Shared): object {
  if (schema !== undefined) {
    const described = shared.components.place(opened(toJsonSchema(schema, 'output')))
    return { description, content: { 'application/json': { schema: described } } }
  }
  if (status >= 400) return { description, content: { 'application/problem+json': { schema: shared.problem } } }
  return status === 204 || status === 304 ? { description } : { description, content: { 'application/json': {} } }
}

function securityOf({ security }: Needs): object {
  if (security.length === 0) return {}
  // All of them together: each dependency must be content.
  return { security: [Object.fromEntries(security.map(({ name, scopes = [] }) => [name, scopes]))] }
}

function tagList(routes: readonly Route<Endpoint>[]): object {
  const names = new Set(routes.flatMap(({ tags, endpoint }) => (endpoint.options.documented === false ? [] : tags)))
  return names.size === 0 ? {} : { tags: [...names].map((name) => ({ name })) }
}

/** `GET /items/{id}` becomes `get_items_id`. */
function idOf(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return [method.toLowerCase(), ...words].join('_')
}

function freeId(wanted: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const id = number === 1 ? wanted : `${wanted}_${number}`
    if (taken.has(id)) continue
    taken.add(id)
    return id
  }
}
