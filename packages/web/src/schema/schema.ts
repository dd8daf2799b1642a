import type { SchemaInput, SchemaOutput, StandardSchema } from '@posthouse/core'

/** A JSON Schema of draft 2020-12, as an object. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** A JSON Schema that was made by a library with types of its own, such as TypeBox. */
export interface MadeJsonSchema {
  readonly type?: unknown
  readonly $ref?: unknown
  readonly enum?: unknown
  readonly const?: unknown
  readonly anyOf?: unknown
  readonly oneOf?: unknown
  readonly allOf?: unknown
}

/** What every place for a schema takes: anything with Standard Schema (Zod, Valibot, ArkType …), or a plain JSON Schema. */
export type Schema = StandardSchema | JsonSchema | MadeJsonSchema

/** What a value must be before it goes through `S`: what a client sends. Of a plain JSON Schema nothing is known. */
export type InputOf<S, Otherwise = unknown> = S extends StandardSchema ? SchemaInput<S> : Otherwise

/** What a value is after it went through `S`: what a handler sees. Of a plain JSON Schema nothing is known. */
export type OutputOf<S, Otherwise = unknown> = S extends StandardSchema ? SchemaOutput<S> : Otherwise

/** True for what validates by itself, false for a plain JSON Schema. */
export function isStandardSchema(schema: Schema): schema is StandardSchema {
  return '~standard' in schema
}
