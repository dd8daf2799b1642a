import type { SchemaIssue, SchemaResult } from '@posthouse/core'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { JsonSchema } from './schema.ts'

/** Checks a value against a JSON Schema without changing its types, and fills in defaults. */
export type JsonValidator = (value: unknown) => SchemaResult<unknown>

/** `default` would make a missing branch of a union valid, so Ajv is told to leave those alone. */
const ajv = new Ajv2020({
  allErrors: true,
  strict: false,
  useDefaults: true,
  coerceTypes: false,
  removeAdditional: false,
})
/** For responses: what the schema does not name is not sent. */
const trimming = new Ajv2020({ allErrors: true, strict: false, removeAdditional: true })
for (const instance of [ajv, trimming]) addFormats.default(instance)

/** A validator of `schema`. Compiles it at once; keep the result. */
export function jsonValidator(schema: JsonSchema): JsonValidator {
  return checking(ajv.compile(schema))
}

/** Like `jsonValidator`, and removes what `additionalProperties: false` forbids instead of complaining of it. */
export function trimmingValidator(schema: JsonSchema): JsonValidator {
  return checking(trimming.compile(schema))
}

function checking(check: ValidateFunction): JsonValidator {
  return (value) => (check(value) ? { value } : { issues: (check.errors ?? []).map(issueOf) })
}

function issueOf(error: ErrorObject): SchemaIssue {
  return { message: error.message ?? 'does not fit', path: pathOf(error) }
}

function pathOf({ instancePath, params }: ErrorObject): string[] {
  const path = instancePath.split('/').slice(1).map(unescapePointer)
  // The fault of a missing or unknown property lies at the property, not at the object around it.
  const name: unknown = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty
  return typeof name === 'string' ? [...path, name] : path
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
