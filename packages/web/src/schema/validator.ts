import { jsonSchemaIssue, type SchemaResult } from '@posthouse/core'
import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { onFirstUse } from './on-first-use.ts'
import { isPlainSchema } from './plain-schema.ts'
import type { JsonSchema } from './schema.ts'

/** Checks a value against a JSON Schema without changing its types, and fills in defaults. */
export type JsonValidator = (value: unknown) => SchemaResult<unknown>

/** `default` would make a missing branch of a union valid, so Ajv is told to leave those alone. */
const usual = onFirstUse(() =>
  withFormats({ allErrors: true, strict: false, useDefaults: true, coerceTypes: false, removeAdditional: false }),
)
/** For responses: what the schema does not name is not sent. */
const trimming = onFirstUse(() => withFormats({ allErrors: true, strict: false, removeAdditional: true }))

function withFormats(options: Options): Ajv2020 {
  // Each would compile the schema of schemas anew.
  const ajv = new Ajv2020({ ...options, validateSchema: false })
  addFormats.default(ajv)
  return ajv
}

/** A validator of `schema`, which is compiled when it is first used; keep the result. @throws Error for what is no JSON Schema */
export function jsonValidator(schema: JsonSchema): JsonValidator {
  assertSchema(schema)
  return checking(() => usual().compile(schema))
}

/** Like `jsonValidator`, and removes what `additionalProperties: false` forbids instead of complaining of it. */
export function trimmingValidator(schema: JsonSchema): JsonValidator {
  return checking(() => {
    assertSchema(schema)
    return trimming().compile(schema)
  })
}

/** Words whose values only the compiler can judge: where a reference leads, and what is a regular expression. */
const forCompiler = /"(\$ref|\$dynamicRef|pattern|patternProperties)":/

/** Finds what cannot be compiled, mostly at a fraction of the cost. */
function assertSchema(schema: JsonSchema): void {
  if (isPlainSchema(schema)) return
  void usual().validateSchema(schema, true)
  if (forCompiler.test(JSON.stringify(schema))) usual().compile(schema)
}

function checking(compile: () => ValidateFunction): JsonValidator {
  const compiled = onFirstUse(compile)
  return (value) => {
    const check = compiled()
    return check(value) ? { value } : { issues: (check.errors ?? []).map(jsonSchemaIssue) }
  }
}
