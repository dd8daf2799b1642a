import type { StandardSchema } from '@posthouse/core'
import { type JsonSchema, type Schema, toJsonSchema } from '@posthouse/web'

/** A schema that is in the documents and lets everything through: who is behind the endpoint checks for himself. */
export function shownSchema(described: JsonSchema): StandardSchema {
  const describe = (): JsonSchema => described
  const standard = {
    version: 1,
    vendor: 'posthouse',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: describe, output: describe },
  } as const
  return { '~standard': standard }
}

/** The JSON Schema of what goes in, or comes out; anything where there is no schema. */
export function jsonSchemaOf(schema: object | undefined, side: 'input' | 'output'): JsonSchema {
  // A plain JSON Schema has no name of its own in the types of rpc.
  return schema === undefined ? {} : toJsonSchema(schema as Schema, side)
}
