import { createRequire } from 'node:module'
import { PosthouseError, reasonOf, type StandardSchema } from '@posthouse/core'
import { toStandard } from './json-schema.ts'
import type { JsonSchema, Schema } from './schema.ts'
import type { SchemaSide, StandardJsonSchema } from './standard-json-schema.ts'

/** What JSON Schema has no words for (dates, transforms) is described as anything. */
const lenient = { unrepresentable: 'any', fallback: ({ base }: { base: unknown }) => base ?? {} }

/**
 * The JSON Schema (draft 2020-12) of one side of `schema`. A schema whose library cannot tell is described by `{}`.
 *
 * @throws PosthouseError `invalid_option` where the library fails
 */
export function toJsonSchema(schema: Schema, side: SchemaSide): JsonSchema {
  const standard = toStandard(schema)
  try {
    const { $schema: _, ...described } = describe(standard, side)
    return described
  } catch (error) {
    const { vendor } = standard['~standard']
    throw new PosthouseError('invalid_option', `A schema of ${vendor} has no JSON Schema: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

function describe(schema: StandardSchema, side: SchemaSide): JsonSchema {
  const props: { readonly vendor: string; readonly jsonSchema?: StandardJsonSchema } = schema['~standard']
  if (props.jsonSchema !== undefined)
    return props.jsonSchema[side]({ target: 'draft-2020-12', libraryOptions: lenient })
  if (props.vendor === 'valibot') return describeValibot(schema, side)
  return {}
}

interface ValibotConverter {
  toJsonSchema(schema: StandardSchema, config: object): JsonSchema
}

/** Valibot describes its schemas in a package of its own, which is loaded only where one is used. */
function describeValibot(schema: StandardSchema, side: SchemaSide): JsonSchema {
  const require = createRequire(import.meta.url)
  // A package that need not be installed has no types here; its two parameters are documented.
  const { toJsonSchema } = require('@valibot/to-json-schema') as ValibotConverter
  return toJsonSchema(schema, { target: 'draft-2020-12', typeMode: side, errorMode: 'ignore' })
}
