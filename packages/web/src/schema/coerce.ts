import type { JsonSchema } from './schema.ts'

/** Turns text of a URL or a header into what a schema wants; a value that does not look like it stays as it is. */
type Coerce = (value: unknown) => unknown

const unchanged: Coerce = (value) => value
const numeric = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
const booleans = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

const scalars: Readonly<Record<string, Coerce>> = {
  number: toNumber,
  integer: toNumber,
  boolean: (value) => (typeof value === 'string' ? (booleans.get(value.toLowerCase()) ?? value) : value),
  null: (value) => (value === '' ? null : value),
}

/**
 * How to read the text values of an object by the JSON Schema of its input: numbers, booleans, and one value where a list
 * is wanted. For query, params, headers and cookies only; bodies say their types themselves.
 */
export function coercionOf(schema: JsonSchema): (values: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const fields = Object.entries(propertiesOf(schema, schema)).flatMap(([name, field]) => {
    const coerce = coerceValue(field, schema)
    return coerce === unchanged ? [] : [[name, coerce] as const]
  })
  return (values) => {
    const read: Record<string, unknown> = { ...values }
    for (const [name, coerce] of fields) if (read[name] !== undefined) read[name] = coerce(read[name])
    return read
  }
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && numeric.test(value) ? Number(value) : value
}

function propertiesOf(schema: JsonSchema, root: JsonSchema): Record<string, JsonSchema> {
  const target = follow(schema, root)
  const found = { ...(isObject(target.properties) ? target.properties : {}) } as Record<string, JsonSchema>
  for (const part of listOf(target.allOf)) Object.assign(found, propertiesOf(part, root))
  return found
}

function coerceValue(schema: JsonSchema, root: JsonSchema): Coerce {
  const target = follow(schema, root)
  const variants = [target, ...listOf(target.anyOf), ...listOf(target.oneOf), ...listOf(target.allOf)]
  const flat = variants.map((variant) => follow(variant, root))
  const types = new Set(flat.flatMap(typesOf))
  const items = flat.find(({ type }) => type === 'array')
  if (items !== undefined) return coerceList(items, root, types.size > 1)
  // Text that may be text stays text.
  if (types.has('string') && flat.every(isOpenText)) return unchanged
  const steps = Object.keys(scalars).filter((type) => types.has(type))
  if (steps.length === 0) return unchanged
  return (value) => {
    for (const step of steps) {
      const read = scalars[step]?.(value)
      if (read !== value) return read
    }
    return value
  }
}

/** False for a variant that only lists certain words, beside which a number may still be meant. */
function isOpenText(variant: JsonSchema): boolean {
  return variant.enum === undefined && variant.const === undefined
}

function coerceList(schema: JsonSchema, root: JsonSchema, orOne: boolean): Coerce {
  const item = isObject(schema.items) ? coerceValue(schema.items, root) : unchanged
  return (value) => {
    if (Array.isArray(value)) return value.map(item)
    return orOne ? item(value) : [item(value)]
  }
}

function typesOf(schema: JsonSchema): string[] {
  const { type } = schema
  if (typeof type === 'string') return [type]
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string')
  const words = [...(Array.isArray(schema.enum) ? schema.enum : []), schema.const]
  return words.filter((word) => word !== undefined).map((word) => (word === null ? 'null' : typeof word))
}

/** Where a `$ref` within the same schema leads; the schema itself where there is none. */
function follow(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const { $ref } = schema
  if (typeof $ref !== 'string' || !$ref.startsWith('#/')) return schema
  let target: unknown = root
  for (const key of $ref.slice(2).split('/')) target = isObject(target) ? target[key] : undefined
  return isObject(target) ? target : schema
}

function listOf(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
