import type { SchemaResult, StandardSchema } from '@posthouse/core'
import { isProblem, type Problem, problem } from '../problem/problem.ts'
import { toStandard } from '../schema/json-schema.ts'
import type { JsonSchema } from '../schema/schema.ts'
import type { SchemaSide } from '../schema/standard-json-schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import { frameCodes } from '../socket/error-frame.ts'
import type { MessageKind } from './message-kind.ts'

/** One kind, made ready. */
export interface ReadyKind {
  readonly kind: MessageKind
  readonly name: string
  /** The message as its handler wants it, or its faults. */
  readonly validate: StandardSchema['~standard']['validate']
}

/** Kinds by the value of the field that tells them apart. */
export class KindTable {
  readonly by: string
  readonly #kinds: ReadonlyMap<string, ReadyKind>

  constructor(by: string, kinds: Readonly<Record<string, MessageKind>>) {
    this.by = by
    this.#kinds = new Map(Object.entries(kinds).map(([name, kind]) => [name, readyKind(name, kind, by)]))
  }

  /** The kind of a message, nothing where it is unknown, or the problem of something that has none. */
  find(message: unknown): ReadyKind | Problem | undefined {
    const name = isObject(message) ? message[this.by] : undefined
    if (typeof name === 'string') return this.#kinds.get(name)
    return problem(422, `A message is an object whose field ${this.by} names its kind`, { code: frameCodes.unfit })
  }

  /** What is said of a message whose kind nobody knows. */
  unknown(message: unknown): Problem {
    const name = isObject(message) ? String(message[this.by]).slice(0, 100) : ''
    const known = [...this.#kinds.keys()].join(', ')
    return problem(404, `There is no message of the kind ${JSON.stringify(name)}; there are ${known}`, {
      code: frameCodes.unknown,
    })
  }

  /** All messages that come in, as one schema. */
  get incoming(): StandardSchema {
    return union(
      (message) => this.#validate(message),
      (side) => this.#describe(side),
    )
  }

  /** All replies, as one schema. */
  get outgoing(): StandardSchema {
    const replies = [...this.#kinds.values()].flatMap(({ name, kind: { options } }) =>
      options.reply === undefined ? [] : [{ title: `${name}_reply`, reply: options.reply }],
    )
    return union(
      (value) => ({ value }),
      (side) => oneOf(replies.map(({ title, reply }) => ({ title, ...toJsonSchema(reply, side) }))),
    )
  }

  async #validate(message: unknown): Promise<SchemaResult<unknown>> {
    const found = this.find(message)
    if (found === undefined || isProblem(found)) {
      return { issues: [{ message: found?.message ?? 'there is no such kind of message', path: [this.by] }] }
    }
    const result = await found.validate(message)
    if (result.issues !== undefined || !isObject(result.value)) return result
    return { value: { ...result.value, [this.by]: found.name } }
  }

  #describe(side: SchemaSide): JsonSchema {
    return oneOf(
      [...this.#kinds.values()].map(({ kind, name }) => {
        const { message, summary, description } = kind.options
        const titled = { title: name, ...(summary && { summary }), ...(description && { description }) }
        return { ...titled, ...withKind(toJsonSchema(message, side), this.by, name) }
      }),
    )
  }
}

function readyKind(name: string, kind: MessageKind, by: string): ReadyKind {
  const schema = kind.options.message
  const { validate } = toStandard(schema)['~standard']
  if (names(toJsonSchema(schema, 'input'), by)) return { kind, name, validate }
  // A schema that says nothing of the field might refuse it.
  return { kind, name, validate: (message) => validate(without(message, by)) }
}

function without(message: unknown, field: string): unknown {
  const { [field]: _, ...rest } = message as Record<string, unknown>
  return rest
}

function withKind(schema: JsonSchema, by: string, name: string): JsonSchema {
  if (names(schema, by)) return schema
  const required = Array.isArray(schema.required) ? schema.required : []
  const properties = isObject(schema.properties) ? schema.properties : {}
  return {
    ...schema,
    type: 'object',
    properties: { [by]: { const: name }, ...properties },
    required: [by, ...required],
  }
}

function names(schema: JsonSchema, field: string): boolean {
  return isObject(schema.properties) && field in schema.properties
}

function oneOf(schemas: readonly JsonSchema[]): JsonSchema {
  const [only] = schemas
  return schemas.length === 1 && only !== undefined ? only : { oneOf: schemas }
}

function union(
  validate: StandardSchema['~standard']['validate'],
  describe: (side: SchemaSide) => JsonSchema,
): StandardSchema {
  const jsonSchema = { input: () => describe('input'), output: () => describe('output') }
  const props = { version: 1, vendor: 'posthouse', validate, jsonSchema } as const
  return { '~standard': props }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
