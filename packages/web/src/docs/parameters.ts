import type { InputSchemas } from '../request/inputs.ts'
import { parsePath } from '../routing/path.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import type { Components } from './components.ts'

/** A Parameter Object of OpenAPI 3.1. */
export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonSchema
}

const places = { params: 'path', query: 'query', headers: 'header', cookies: 'cookie' } as const

/** Said elsewhere in an OpenAPI document (section 4.8.12.2): as security, and as media types. */
const saidElsewhere = new Set(['accept', 'content-type', 'authorization'])

/** The parameters of a path, and of the schemas that read a request. The first that names one describes it. */
export function parametersOf(path: string, inputs: readonly InputSchemas[], components: Components): Parameter[] {
  const found = new Map<string, Parameter>()
  const add = (parameter: Parameter) => {
    const key = `${parameter.in} ${parameter.name}`
    if (!found.has(key)) found.set(key, parameter)
  }
  for (const schemas of inputs) for (const parameter of declared(schemas, components)) add(parameter)
  const named = new Set(parsePath(path).flatMap((segment) => ('name' in segment ? [segment.name] : [])))
  for (const name of named) add({ name, in: 'path', required: true, schema: { type: 'string' } })
  // A schema may describe more parameters than this path has.
  return [...found.values()].filter((parameter) => parameter.in !== 'path' || named.has(parameter.name))
}

function declared(schemas: InputSchemas, components: Components): Parameter[] {
  return (['params', 'query', 'headers', 'cookies'] as const).flatMap((place) => {
    const schema = schemas[place]
    if (schema === undefined) return []
    const { properties = {}, required = [], $defs } = toJsonSchema(schema, 'input')
    return Object.entries(properties as Record<string, JsonSchema>)
      .filter(([name]) => place !== 'headers' || !saidElsewhere.has(name))
      .map(([name, property]) => ({
        name,
        in: places[place],
        required: place === 'params' || (Array.isArray(required) && required.includes(name)),
        ...(typeof property.description === 'string' && { description: property.description }),
        schema: components.place($defs === undefined ? property : { ...property, $defs }),
      }))
  })
}
