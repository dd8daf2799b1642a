import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { StandardSchema } from '@posthouse/core'
import type { JsonSchema, Schema } from '../schema/schema.ts'

const kind: unique symbol = Symbol.for('posthouse.bodyKind')

/** How a body of another kind than JSON is read. */
export interface BodyKind {
  /** Media types that are taken; `*` and `type/*` are patterns. */
  readonly mediaTypes: readonly string[]
  /** True where the handler reads the body while it arrives. Then it has no deadline, unless the endpoint sets one. */
  readonly streamed: boolean
  /** Reads a body. Its bytes are counted and its time is watched elsewhere. */
  readonly read: (body: Readable, headers: IncomingHttpHeaders) => unknown
  /** What stands for a body that did not come. May throw a `Problem`. */
  readonly absent: () => unknown
  /** The body as the documents describe it. */
  readonly describe: () => JsonSchema
}

/** A schema for the `body` of an endpoint that also says how the body is read. */
export type BodySchema<Input, Output = Input> = StandardSchema<Input, Output> & { readonly [kind]: BodyKind }

/** Puts a way of reading beside a schema. */
export function withKind<Input, Output>(
  schema: StandardSchema<Input, Output>,
  how: BodyKind,
): BodySchema<Input, Output> {
  return { '~standard': schema['~standard'], [kind]: how }
}

/** How a body with this schema is read; nothing for JSON. */
export function kindOf(schema: Schema | undefined): BodyKind | undefined {
  // A schema of any library, asked for a symbol that only ours have.
  return (schema as { readonly [kind]?: BodyKind } | undefined)?.[kind]
}

/** A schema that takes whatever was read. */
export function anything<Input, Output>(): StandardSchema<Input, Output> {
  // What reads the body makes it an `Output`.
  return { '~standard': { version: 1, vendor: 'posthouse', validate: (value) => ({ value: value as Output }) } }
}

/** True where one of the patterns takes this media type, without its parameters. */
export function takes(mediaTypes: readonly string[], contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return mediaTypes.some((pattern) => {
    if (pattern === '*') return true
    if (pattern.endsWith('/*')) return type.startsWith(pattern.slice(0, -1))
    return pattern === type
  })
}
