import type { StandardSchema, StandardSchemaProps } from '@posthouse/core'
import { isStandardSchema, type JsonSchema, type MadeJsonSchema, type Schema } from './schema.ts'
import type { StandardJsonSchema } from './standard-json-schema.ts'
import { jsonValidator } from './validator.ts'

/**
 * A plain JSON Schema (draft 2020-12) as a Standard Schema of type `T`. Types are never coerced; `default` fills in.
 *
 * @example
 * const item = jsonSchema<{ id: number }>({ type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] })
 * const typed = jsonSchema<Static<typeof Item>>(Item) // of TypeBox
 */
export function jsonSchema<T>(schema: JsonSchema | MadeJsonSchema): StandardSchema<T> {
  const { $schema: _, ...plain }: JsonSchema = { ...schema }
  const validate = jsonValidator(plain)
  const standard: StandardSchemaProps<T, T> & { jsonSchema: StandardJsonSchema } = {
    version: 1,
    vendor: 'posthouse',
    // The caller names the type that the schema describes.
    validate: validate as StandardSchemaProps<T, T>['validate'],
    jsonSchema: { input: () => plain, output: () => plain },
  }
  return { '~standard': standard }
}

const converted = new WeakMap<object, StandardSchema>()

/** Any schema as a Standard Schema; the same one each time. */
export function toStandard(schema: Schema): StandardSchema {
  if (isStandardSchema(schema)) return schema
  const known = converted.get(schema)
  if (known !== undefined) return known
  const standard = jsonSchema<unknown>(schema)
  converted.set(schema, standard)
  return standard
}
