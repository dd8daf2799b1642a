import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '../schema/schema.ts'

const prefix = '#/components/schemas/'

/** The schemas of a document that have a name. References within each schema are made to lead to them. */
export class Components {
  readonly #schemas = new Map<string, JsonSchema>()
  /** What each came from, to know it when it comes again. */
  readonly #sources = new Map<string, JsonSchema>()

  /** The named schemas, by name. */
  get schemas(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries(this.#schemas)
  }

  /** The schema as it can stand anywhere in the document. One with an id, or that contains itself, becomes a reference. */
  place(schema: JsonSchema): JsonSchema {
    const { $defs, definitions, id, $id: _, ...rest } = schema
    const names = new Map<string, string>()
    const defined = Object.entries({ ...asObject(definitions), ...asObject($defs) })
    for (const [name, definition] of defined) names.set(name, this.#free(name, asObject(definition)))
    const root = this.#rootName(rest, id)
    const rewrite = (value: unknown) => rewritten(value, names, root)
    for (const [name, definition] of defined) this.#add(names.get(name) ?? name, rewrite(asObject(definition)))
    if (root === undefined) return rewrite(rest)
    this.#add(root, rewrite(rest))
    return { $ref: prefix + root }
  }

  #rootName(schema: JsonSchema, id: unknown): string | undefined {
    if (typeof id === 'string') return this.#free(id, schema)
    if (!containsItself(schema)) return undefined
    return this.#free(typeof schema.title === 'string' ? schema.title : 'Schema', schema)
  }

  /** A name that is not another schema's, of the letters that a name may have. */
  #free(wanted: string, schema: JsonSchema): string {
    const name = wanted.replaceAll(/[^\w.-]/g, '_')
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? name : `${name}${number}`
      const there = this.#sources.get(candidate)
      if (there !== undefined && !isDeepStrictEqual(there, schema)) continue
      this.#sources.set(candidate, schema)
      return candidate
    }
  }

  #add(name: string, schema: JsonSchema): void {
    this.#schemas.set(name, withoutId(schema))
  }
}

function withoutId({ id: _, ...schema }: JsonSchema): JsonSchema {
  return schema
}

/**
 * The output side of a schema for the documents. `additionalProperties: false` says that nothing else is sent; a client that
 * took it at its word would break with the first member that is added.
 */
export function opened(schema: JsonSchema): JsonSchema {
  const visit = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit)
    if (typeof part !== 'object' || part === null) return part
    const entries = Object.entries(part).filter(([key, item]) => key !== 'additionalProperties' || item !== false)
    return Object.fromEntries(entries.map(([key, item]) => [key, visit(item)]))
  }
  return asObject(visit(schema))
}

function rewritten(value: unknown, names: ReadonlyMap<string, string>, root: string | undefined): JsonSchema {
  const visit = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(visit)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(
      Object.entries(part).map(([key, item]) => [key, key === '$ref' ? target(item, names, root) : visit(item)]),
    )
  }
  return asObject(visit(value))
}

function target(ref: unknown, names: ReadonlyMap<string, string>, root: string | undefined): unknown {
  if (ref === '#' && root !== undefined) return prefix + root
  const [, name] = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(String(ref)) ?? []
  return name === undefined ? ref : prefix + (names.get(name) ?? name)
}

function containsItself(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, item]) => (key === '$ref' ? item === '#' : containsItself(item)))
}

function asObject(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {}
}
