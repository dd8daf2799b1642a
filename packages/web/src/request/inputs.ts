import type { IncomingHttpHeaders } from 'node:http'
import type { SchemaResult, StandardSchema } from '@posthouse/core'
import { type Fault, faultsOf } from '../problem/fault.ts'
import { problem } from '../problem/problem.ts'
import { coercionOf } from '../schema/coerce.ts'
import { toStandard } from '../schema/json-schema.ts'
import type { OutputOf, Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import type { RawQuery, RawValues, RequestView } from './request-view.ts'

/** Schemas of what a request brings besides its body. Their text is turned into the numbers and booleans they want. */
export interface InputSchemas {
  readonly params?: Schema
  readonly query?: Schema
  /** Names in lower case. */
  readonly headers?: Schema
  readonly cookies?: Schema
}

/** The parts of a request besides its body, after their schemas; text by name where there is no schema. */
export interface Inputs<Schemas, Params = RawValues> {
  readonly params: OutputOf<Part<Schemas, 'params'>, Params>
  readonly query: OutputOf<Part<Schemas, 'query'>, RawQuery>
  readonly headers: OutputOf<Part<Schemas, 'headers'>, IncomingHttpHeaders>
  readonly cookies: OutputOf<Part<Schemas, 'cookies'>, RawValues>
}

/** The schema of one part of a request; nothing where none was given. */
export type Part<Schemas, Name extends PropertyKey> = Schemas extends { readonly [Key in Name]: infer S }
  ? S
  : undefined

/** The parts of a request that text is read from. */
const inputPlaces = ['params', 'query', 'headers', 'cookies'] as const

type InputPlace = (typeof inputPlaces)[number]

/** Reads the parts of a request by their schemas. */
export interface InputReader {
  /** @throws Problem 422 with every fault of every part */
  read(request: RequestView): AnyInputs | Promise<AnyInputs>
}

/** Inputs of which the types are not known. */
export type AnyInputs = Readonly<Record<InputPlace, unknown>>

interface PartReader {
  readonly place: InputPlace
  readonly validate: StandardSchema['~standard']['validate']
  readonly coerce: (values: Readonly<Record<string, unknown>>) => Record<string, unknown>
}

/** Prepares reading by `schemas`. Without any the request is handed on as it is. */
export function inputReader(schemas: InputSchemas): InputReader {
  const parts = inputPlaces.flatMap((place) => partReader(place, schemas[place]))
  if (parts.length === 0) return { read: (request) => request }
  return { read: (request) => readParts(parts, request) }
}

function partReader(place: InputPlace, schema: Schema | undefined): PartReader[] {
  if (schema === undefined) return []
  const { validate } = toStandard(schema)['~standard']
  return [{ place, validate, coerce: coercionOf(toJsonSchema(schema, 'input')) }]
}

function readParts(parts: readonly PartReader[], request: RequestView): AnyInputs | Promise<AnyInputs> {
  const results = parts.map(({ place, validate, coerce }) => validate(coerce(request[place])))
  // Most schemas answer at once; waiting for them all the same would cost every request a tick.
  if (results.some((result) => result instanceof Promise)) {
    return Promise.all(results).then((settled) => gather(parts, settled, request))
  }
  return gather(parts, results as readonly SchemaResult<unknown>[], request)
}

function gather(parts: readonly PartReader[], results: readonly SchemaResult<unknown>[], raw: RequestView): AnyInputs {
  const inputs: Record<InputPlace, unknown> = {
    params: raw.params,
    query: raw.query,
    headers: raw.headers,
    cookies: raw.cookies,
  }
  const faults: Fault[] = []
  for (const [index, { place }] of parts.entries()) {
    const result = results[index]
    if (result?.issues !== undefined) faults.push(...faultsOf(place, result.issues))
    else inputs[place] = result?.value
  }
  if (faults.length > 0) throw invalidRequest(faults)
  return inputs
}

/** The problem of a request that does not fit its schemas: status 422 with each fault. */
export function invalidRequest(faults: readonly Fault[]): Error {
  return problem(422, 'The request does not fit what this endpoint takes; errors says where', {
    code: 'invalid_request',
    errors: faults,
  })
}
