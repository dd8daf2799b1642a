import type { JsonSchema } from '../schema/schema.ts'

const schemasByName = ['properties', 'patternProperties', '$defs', 'definitions']
const schemaLists = ['allOf', 'prefixItems']
const singleSchemas = ['items', 'additionalProperties']

/**
 * A response schema whose objects do not mind further properties: those are left out of the answer, and do not make it unfit.
 *
 * @param toWrite whether it is for fast-json-stringify: a union then prefers the branch that names all that a value has,
 * and tuples are in the words of draft 7, as it knows no others and would write them whole
 */
export function openSchema(schema: JsonSchema, toWrite: boolean): JsonSchema {
  const open = (value: unknown): unknown => (isObject(value) ? openSchema(value, toWrite) : value)
  const opened: Record<string, unknown> = { ...schema }
  if (opened.additionalProperties === false) delete opened.additionalProperties
  for (const word of schemasByName) if (isObject(opened[word])) opened[word] = mapValues(opened[word], open)
  for (const word of schemaLists) if (Array.isArray(opened[word])) opened[word] = opened[word].map(open)
  for (const word of singleSchemas) if (isObject(opened[word])) opened[word] = open(opened[word])
  if (toWrite) writeTuple(opened)
  openUnion(opened, open, toWrite)
  return opened
}

function writeTuple(opened: Record<string, unknown>): void {
  const { prefixItems, items = true } = opened
  if (prefixItems === undefined) return
  delete opened.prefixItems
  Object.assign(opened, { items: prefixItems, additionalItems: items })
}

/** Branches that only differ by what they forbid fit together once they are open, so that one of them is not asked for. */
function openUnion(opened: Record<string, unknown>, open: (value: unknown) => unknown, exactFirst: boolean): void {
  const { anyOf, oneOf } = opened
  const branches = anyOf ?? oneOf
  if (!Array.isArray(branches)) return
  if (anyOf === undefined) delete opened.oneOf
  opened.anyOf = exactFirst ? [...branches, ...branches.map(open)] : branches.map(open)
}

function mapValues(object: JsonSchema, change: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
