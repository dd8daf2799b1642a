import { readFileSync } from 'node:fs'
import { inspect, parseEnv } from 'node:util'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { coercionOf } from '../schema/coerce.ts'
import { toStandard } from '../schema/json-schema.ts'
import type { JsonSchema, OutputOf, Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'

/** Where settings come from. */
export interface SettingsOptions {
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Files of `NAME=value` lines; a later one wins, the environment wins over all, and one that is missing is skipped. Default: `.env`. */
  readonly files?: readonly string[]
  /** Goes before every name, such as `SHOP_`. Default: nothing. */
  readonly prefix?: string
}

/**
 * Settings from files and the environment. The properties of the schema are the names of the variables, and their text
 * becomes what the schema wants. Printing the result shows names only.
 *
 * @throws PosthouseError `invalid_option` that names every variable that is missing or does not fit, and no value
 * @example
 * const settings = await loadSettings(z.object({ PORT: z.number().default(8000), DATABASE_URL: z.string() }))
 */
export async function loadSettings<S extends Schema>(schema: S, options: SettingsOptions = {}): Promise<OutputOf<S>> {
  const { env = process.env, files = ['.env'], prefix = '' } = options
  const variables = { ...Object.assign({}, ...files.map(readFile)), ...env }
  const described = toJsonSchema(schema, 'input')
  const given = coercionOf(described)(withPrefix(variables, prefix, described))
  const result = await toStandard(schema)['~standard'].validate(given)
  if (result.issues !== undefined) {
    const names = new Set(result.issues.map(({ path: [first] = [] }) => nameOf(first)))
    throw unfit([...names].sort(), { given, described, prefix })
  }
  return discreet(result.value) as OutputOf<S>
}

function readFile(path: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new PosthouseError('invalid_option', `The settings in ${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** Only what the schema names: a strict schema must not stumble over the rest of the environment. */
function withPrefix(variables: Record<string, string | undefined>, prefix: string, schema: JsonSchema) {
  const names = Object.keys(propertiesOf(schema))
  const found = names.flatMap((name) => {
    const value = variables[prefix + name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(found)
}

interface Unfit {
  readonly given: Readonly<Record<string, unknown>>
  readonly described: JsonSchema
  readonly prefix: string
}

/** What the library of the schema says of a fault may quote the value, which may be a password; so it is not asked. */
function unfit(names: readonly string[], { given, described, prefix }: Unfit): PosthouseError {
  const properties = propertiesOf(described)
  const faults = names.map((name) => {
    const wanted = JSON.stringify(properties[name] ?? {})
    return given[name] === undefined ? `${prefix}${name} is missing` : `${prefix}${name} does not fit ${wanted}`
  })
  return new PosthouseError('invalid_option', `The settings are not complete: ${faults.join('; ')}`)
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>
}

function nameOf(step: PropertyKey | { readonly key: PropertyKey } | undefined): string {
  return String(typeof step === 'object' ? step.key : (step ?? 'the whole'))
}

/** Settings end up in logs by accident; their values are not to. A schema may have frozen them. */
function discreet(settings: unknown): unknown {
  if (typeof settings !== 'object' || settings === null) return settings
  const hidden = () => `Settings { ${Object.keys(settings).join(', ')} }`
  const own = Object.isExtensible(settings) ? settings : { ...settings }
  Object.defineProperty(own, inspect.custom, { value: hidden })
  return own === settings ? own : Object.freeze(own)
}
