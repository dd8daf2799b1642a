import type { JsonSchema } from '@posthouse/web'

/** Values by name, as they come in a request and go on in the body of a hub's method. */
export type Values = Readonly<Record<string, unknown>>

/** An administrator's operation by HTTP that a method of the hub does, the same one that the command line calls. */
export interface Operation {
  readonly http: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/api/v1`. Its parameters, the query and the body together are the body of the method. */
  readonly path: string
  /** The method of the hub. */
  readonly method: string
  readonly tag: string
  readonly summary: string
  readonly params?: JsonSchema
  readonly query?: JsonSchema
  readonly body?: JsonSchema
  readonly response?: JsonSchema
  /** Further statuses, with when they come. */
  readonly errors?: Readonly<Record<number, string>>
  /** Makes of what came what the method takes. Default: as it came. */
  readonly read?: (values: Values) => Values
  /** Makes of what the method answers what goes out. Default: as it is. */
  readonly write?: (answer: unknown) => unknown
}

export const text: JsonSchema = { type: 'string' }
export const flag: JsonSchema = { type: 'boolean' }
export const count: JsonSchema = { type: 'integer', minimum: 0 }

/** A whole number with a sentence that says of what. */
export function counted(description: string): JsonSchema {
  return { ...count, description }
}

/** What a request may bring, and nothing else: a word that is misspelled would otherwise be ignored. */
export function input(properties: Values, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false }
}

/** What an answer has at least: later versions may tell more. */
export function output(properties: Values): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: true }
}

/** A list of such. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

const after = { ...text, description: 'Only entries after this name' }

/** Which page of a list by names is wanted. */
export const page: JsonSchema = input({ after, limit: { type: 'integer', minimum: 1, maximum: 200, default: 100 } })

/** Which page of a list by positions is wanted, besides what else is asked for. */
export function positions(others: Values = {}): JsonSchema {
  const limit = { type: 'integer', minimum: 1, maximum: 256, default: 100 }
  return input({ ...others, after: counted('Only entries after this position'), limit })
}

const position = output({
  seq: count,
  id: text,
  from: text,
  to: text,
  type: text,
  ts: count,
  attempt: count,
  bytes: count,
})

/** A stored message, with what else is known of it. */
export function message(others: Values = {}): JsonSchema {
  return output({ ...(position.properties as Values), ...others })
}
