import {
  escapePointer,
  PosthouseError,
  type SchemaInput,
  type SchemaOutput,
  type StandardSchema,
} from '@posthouse/core'
import { jsonSchemaCheck } from './json-schema-check.ts'

/** Anything with Standard Schema (Zod, Valibot, ArkType …), or a plain JSON Schema (draft 2020-12), such as TypeBox makes. */
export type Schema = StandardSchema | object

/** What a caller sends. Of a plain JSON Schema nothing is known; without a schema anything goes. */
export type InputOf<S> = S extends StandardSchema ? SchemaInput<S> : unknown

/** What is left of that behind the schema. */
export type OutputOf<S> = S extends StandardSchema ? SchemaOutput<S> : unknown

/** One fault of a value: where in it, as a JSON Pointer, and what is wrong there. */
export interface Fault {
  readonly path: string
  readonly message: string
}

/** What a schema makes of a value, or its faults. */
export type Checked = { readonly value: unknown } | { readonly faults: readonly Fault[] }

/** Holds a value against a schema. */
export type Check = (value: unknown) => Checked | Promise<Checked>

/** So many faults of one value are told. */
const mostFaults = 20

/**
 * Reads a schema once, so that each call only checks.
 * @throws PosthouseError `invalid_option` for a JSON Schema that is none
 */
export function checkOf(schema: Schema): Check {
  const validate = '~standard' in schema ? standardCheck(schema) : jsonSchemaCheck(schema)
  return (value) => {
    const result = validate(value)
    return result instanceof Promise ? result.then(checked) : checked(result)
  }
}

type Validate = StandardSchema['~standard']['validate']
type Result = Awaited<ReturnType<Validate>>

function standardCheck(schema: StandardSchema): Validate {
  const { validate } = schema['~standard']
  if (typeof validate !== 'function') throw new PosthouseError('invalid_option', 'a schema has no validate')
  return validate
}

function checked(result: Result): Checked {
  if (result.issues === undefined) return { value: result.value }
  const faults = result.issues.slice(0, mostFaults).map(({ message, path = [] }) => ({
    path: path.map((step) => `/${escapePointer(typeof step === 'object' ? step.key : step)}`).join(''),
    message,
  }))
  return { faults }
}

/** What faults look like in a message. */
export function faultsText(faults: readonly Fault[]): string {
  return faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
}
