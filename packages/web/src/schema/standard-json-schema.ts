import type { JsonSchema } from './schema.ts'

/** The side of a schema that is described: what goes in, or what comes out. */
export type SchemaSide = 'input' | 'output'

/** What Standard JSON Schema 1 (standardschema.dev) adds below `~standard`. */
export interface StandardJsonSchema {
  readonly input: (options: ConversionOptions) => JsonSchema
  readonly output: (options: ConversionOptions) => JsonSchema
}

interface ConversionOptions {
  readonly target: 'draft-2020-12'
  /** Read by the library that made the schema: Zod is to describe what JSON cannot express as anything. */
  readonly libraryOptions?: Readonly<Record<string, unknown>>
}
