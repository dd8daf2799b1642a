import { jsonSchemaIssue, PosthouseError, reasonOf, type SchemaResult } from '@posthouse/core'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const ajv = new Ajv2020({ allErrors: true, strict: false, useDefaults: true })
addFormats.default(ajv)

/**
 * A check by a JSON Schema of draft 2020-12. Types are never coerced; `default` fills in.
 * @throws PosthouseError `invalid_option` for what is no JSON Schema
 */
export function jsonSchemaCheck(schema: object): (value: unknown) => SchemaResult<unknown> {
  const check = compiled(schema)
  return (value) => (check(value) ? { value } : { issues: (check.errors ?? []).map(jsonSchemaIssue) })
}

function compiled(schema: object): ValidateFunction {
  try {
    const { $schema: _, ...plain }: { readonly $schema?: unknown } = { ...schema }
    return ajv.compile(plain)
  } catch (cause) {
    throw new PosthouseError('invalid_option', `a schema is no JSON Schema: ${reasonOf(cause)}`, { cause })
  }
}
