/** Whether a value is one that a word of JSON Schema takes. */
type Takes = (value: unknown) => boolean

const types: ReadonlySet<unknown> = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])

const anything: Takes = () => true
const text: Takes = (value) => typeof value === 'string'
const flag: Takes = (value) => typeof value === 'boolean'
const count: Takes = (value) => Number.isInteger(value) && Number(value) >= 0
const list: Takes = (value) => Array.isArray(value)
const names: Takes = (value) => Array.isArray(value) && value.every(text) && new Set(value).size === value.length
const schemas: Takes = (value) => Array.isArray(value) && value.length > 0 && value.every(isPlainSchema)
const members: Takes = (value) => isRecord(value) && Object.values(value).every(isPlainSchema)

/** The words that most schemas consist of. */
const words: ReadonlyMap<string, Takes> = new Map([
  ['type', (value) => types.has(value)],
  ...['title', 'description', 'format'].map((word) => [word, text] as const),
  ...['const', 'default'].map((word) => [word, anything] as const),
  ...['enum', 'examples'].map((word) => [word, list] as const),
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((word) => [word, Number.isFinite] as const),
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
    (word) => [word, count] as const,
  ),
  ...['uniqueItems', 'deprecated', 'readOnly', 'writeOnly'].map((word) => [word, flag] as const),
  ...['allOf', 'anyOf', 'oneOf'].map((word) => [word, schemas] as const),
  ...['items', 'additionalProperties', 'not'].map((word) => [word, isPlainSchema] as const),
  ['required', names],
  ['properties', members],
])

/**
 * True for a JSON Schema of ordinary words with values that they take. Where it is false, the schema may be one all the same:
 * that the library judges, which has to compile the schema of schemas for it first.
 */
export function isPlainSchema(schema: unknown): boolean {
  if (!isRecord(schema)) return typeof schema === 'boolean'
  return Object.entries(schema).every(([word, value]) => words.get(word)?.(value) ?? false)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
