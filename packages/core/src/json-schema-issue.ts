import type { SchemaIssue } from './standard-schema.ts'

/** What a validator of JSON Schema, such as Ajv, says of one fault. */
export interface JsonSchemaFault {
  /** A JSON pointer (RFC 6901) to the value. */
  readonly instancePath: string
  readonly message?: string | undefined
  readonly params: object
}

/** A fault that a JSON Schema has found, as one of Standard Schema: it lies at a property that is missing or unknown, not at the object around it. */
export function jsonSchemaIssue({ instancePath, message = 'does not fit', params }: JsonSchemaFault): SchemaIssue {
  const { missingProperty, additionalProperty, unevaluatedProperty }: Readonly<Record<string, unknown>> = { ...params }
  const name = missingProperty ?? additionalProperty ?? unevaluatedProperty
  const path = instancePath.split('/').slice(1).map(unescapePointer)
  return { message, path: typeof name === 'string' ? [...path, name] : path }
}

/** A key as one step of a JSON pointer (RFC 6901, section 3). */
export function escapePointer(key: PropertyKey): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
